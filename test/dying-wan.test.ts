// A WAN dies under flows that stand on it alone: before the hello arrived, before its reply did, or before another
// subflow was there. They go on over another WAN, byte for byte, and the origin sees each request once.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { parseAddress } from '../src/base/address.ts';
import { LAN, ORIGIN } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { CONVERT_PORT } from '../src/lab/program-config.ts';
import { dropPackets } from './support/drop-packets.ts';
import {
  answerTo,
  requestBytes,
  requestTold,
  type SizedOrigin,
  type SizedRequest,
  startSizedOrigin,
} from './support/sized-origin.ts';
import { probeAll } from './support/tcp-probe.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { isWell, wanStatuses } from './support/wan-statuses.ts';

const PORT = 5401;
const SOCKS_PORT = 1080;
// Of an IPv4 packet with MPTCP's options: an opening and a bare acknowledgement are shorter, a hello is longer.
const LONGER_THAN_AN_ACK = 'meta length > 120';
const FROM_SERVER = `iifname "wan1" tcp sport ${CONVERT_PORT} tcp flags & syn == 0`;
// A hello that goes on with another comes to any of them: nearly all have to be handed over.
const SERVER_WORKERS = 4;

const NOTHING = Buffer.alloc(0);

let lab: Lab;
let origin: SizedOrigin;

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit,delay=20ms', '50mbit,delay=20ms'] });
  origin = await startSizedOrigin(lab.hosts.origin, PORT);
  await lab.startServer({ overrides: { relay: { workers: SERVER_WORKERS } } });
  await lab.startRouter({
    overrides: { relay: { workers: 2, 'warm-upstreams': 0 }, socks: { port: SOCKS_PORT } },
  });
  await waitUntil('both WANs are measured', bothAreMeasured);
});
afterEach(async () => {
  await lab.emulator?.carrier('wan1', true, 'a');
  await waitUntil('both WANs are well', bothAreMeasured);
});
afterAll(() => lab?.close());

const bothAreMeasured = async (): Promise<boolean> => (await wanStatuses(lab)).every(isWell);

// RFC 1928: no authentication, a connection to the origin, and what the router says of each.
const SOCKS_ASKED = Buffer.concat([
  Buffer.from([5, 1, 0, 5, 1, 0, 1]),
  parseAddress(ORIGIN.address4).subarray(12),
  Buffer.from([PORT >> 8, PORT & 0xff]),
]);
const SOCKS_TOLD = Buffer.from([5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);

interface Kind extends Pick<SizedRequest, 'answerBytes' | 'bodyBytes'> {
  /** The device ends its direction behind the request. */
  readonly endAfterSend?: boolean;
}

interface Course {
  /** Of flows one after another, in turn. */
  readonly kinds: Readonly<Record<string, Kind>>;
  readonly flows: number;
  /** Between the starts of two flows. */
  readonly everyMs?: number;
  /** So many requests have arrived when wan1 goes. */
  readonly cutAfter: number;
  readonly bySocks?: boolean;
}

/** Flows over both WANs in turn, wan1 goes in their midst: each request arrives once, and every byte of its answer. */
async function allGoOn(course: string, { kinds, flows, everyMs = 0, cutAfter, bySocks = false }: Course) {
  const names = Object.keys(kinds);
  const requests = Array.from({ length: flows }, (_, i) => {
    const kind = names[i % names.length] as string;
    return { ...(kinds[kind] as Kind), name: `${course}-${i}-${kind}` };
  });
  const probing = probeAll(
    lab.hosts.lan,
    requests.map((request, i) => ({
      ...(bySocks ? { address: LAN.router4, port: SOCKS_PORT } : { address: ORIGIN.address4, port: PORT }),
      send: Buffer.concat([bySocks ? SOCKS_ASKED : NOTHING, requestBytes(request)]),
      startAfterMs: i * everyMs,
      endAfterSend: request.endAfterSend ?? false,
    })),
  );
  const told = () => origin.requests().filter((one) => one.startsWith(`${course}-`));
  await waitUntil('some requests have arrived', () => told().length >= cutAfter);
  await lab.emulator?.carrier('wan1', false, 'a');
  const results = await probing;
  const seen = results.map(({ outcome, received }, i) => {
    const request = requests[i] as SizedRequest;
    const wanted = Buffer.concat([bySocks ? SOCKS_TOLD : NOTHING, answerTo(request)]);
    const got = received.equals(wanted) ? 'all' : `${received.length} bytes`;
    return `${request.name}: ${got}, ${outcome}`;
  });
  expect(seen).toEqual(requests.map(({ name }) => `${name}: all, end`));
  expect(told().toSorted()).toEqual(requests.map(requestTold).toSorted());
  // Nobody has waited for a time-out.
  for (const { totalMs } of results) expect(totalMs).toBeLessThan(10_000);
}

test('the hello did not arrive', async () => {
  const restore = await dropPackets(
    lab.hosts.router,
    'output',
    `oifname "wan1" tcp dport ${CONVERT_PORT} ${LONGER_THAN_AN_ACK}`,
  );
  // Those over wan2 are through.
  await allGoOn('lost-hello', { kinds: { short: { answerBytes: 500 } }, flows: 8, cutAfter: 2 });
  await restore();
});

test('the hello arrived and its reply did not', async () => {
  const kinds = {
    short: { answerBytes: 500 },
    long: { answerBytes: 150_000 },
    none: { answerBytes: 0 },
    ended: { answerBytes: 20_000, endAfterSend: true },
    // Does not arrive whole without acknowledgements.
    body: { answerBytes: 500, bodyBytes: 40_000 },
  };
  const restore = await dropPackets(lab.hosts.router, 'input', FROM_SERVER);
  // All but the bodies arrive, over wan1 too.
  await allGoOn('lost-reply', { kinds, flows: 25, cutAfter: 20 });
  await restore();
});

test('in the midst of opening, answering and joining', async () => {
  const kinds = {
    download: { answerBytes: 60_000 },
    upload: { answerBytes: 100, bodyBytes: 60_000 },
    ended: { answerBytes: 20_000, endAfterSend: true },
    // Too long to be said again: the kernel has to do it.
    big: { answerBytes: 600_000 },
  };
  await allGoOn('midst', { kinds, flows: 60, everyMs: 8, cutAfter: 15 });
});

test('in the midst of answering what came by the SOCKS port', async () => {
  const kinds = { download: { answerBytes: 60_000 }, ended: { answerBytes: 20_000, endAfterSend: true } };
  await allGoOn('socks', { kinds, flows: 60, everyMs: 8, cutAfter: 15, bySocks: true });
});
