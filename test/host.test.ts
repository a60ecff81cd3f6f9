// wanbond beside everything else on the router: what runs already goes on, port forwards work, and another program's
// `nft flush ruleset` takes nothing from it. With either way of interception.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BACKBONE, LAN, ORIGIN } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { runFlows, startTransfer, type Transfer } from '../src/lab/traffic-programs.ts';
import { networkState } from './support/network-state.ts';
import { askPeer, type Held, holdPeer, servePeers } from './support/peer.ts';
import { stopCleanly, stopLeftRouters } from './support/stop-router.ts';
import { waitUntil } from '../src/lab/wait-until.ts';

const PORT = 5003;
const FORWARDED_PORT = 8080;
const SEED = 11;
// At 20 Mbit/s longer than a start of the router takes on a busy machine.
const SLOW_BYTES = 20_000_000;

// As a home router has it, in the operator's own table.
const PORT_FORWARD = `table inet forwards {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "wan1" meta nfproto ipv4 tcp dport ${FORWARDED_PORT} dnat ip to ${LAN.host4}
    iifname "wan1" meta nfproto ipv6 tcp dport ${FORWARDED_PORT} dnat ip6 to ${LAN.host6}
  }
}
`;

let lab: Lab;
let before: string[];
let wan4: string;
let wan6: string;

beforeAll(async () => {
  lab = await buildLab({ wans: ['20mbit', '20mbit'] });
  const { lan, origin, router } = lab.hosts;
  await router.must(['nft', '-f', '-'], { input: PORT_FORWARD });
  await Promise.all([
    lab.startServer(),
    lab.startOrigin(),
    servePeers(origin, PORT),
    servePeers(lan, FORWARDED_PORT),
  ]);
  wan4 = lab.wans[0]?.router4 ?? '';
  wan6 = lab.wans[0]?.router6 ?? '';
  before = await networkState(router);
});
afterAll(() => lab.close());
afterEach(() => stopLeftRouters(lab));

/** New connections from the LAN, IPv4 and IPv6: as whom the origin sees them. */
function askOut(): Promise<string[]> {
  return Promise.all([
    askPeer(lab.hosts.lan, ORIGIN.address4, PORT),
    askPeer(lab.hosts.lan, ORIGIN.address6, PORT),
  ]);
}

/** New connections through the port forwards: as whom the LAN device sees them. */
function askIn(): Promise<string[]> {
  return Promise.all([
    askPeer(lab.hosts.origin, wan4, FORWARDED_PORT),
    askPeer(lab.hosts.origin, wan6, FORWARDED_PORT),
  ]);
}

const CARRIED = [BACKBONE.server4, BACKBONE.server6];
const FORWARDED = [ORIGIN.address4, ORIGIN.address6];

/** Connections of every kind, kept and used. */
function hold(): Promise<Held[]> {
  const { lan, origin } = lab.hosts;
  return Promise.all([
    holdPeer(lan, ORIGIN.address4, PORT),
    holdPeer(lan, ORIGIN.address6, PORT),
    holdPeer(origin, wan4, FORWARDED_PORT),
    holdPeer(origin, wan6, FORWARDED_PORT),
  ]);
}

async function startSlowDownload(): Promise<Transfer> {
  const slow = startTransfer(lab.hosts.lan, 'down', lab.target, { bytes: SLOW_BYTES, seed: SEED });
  await waitUntil('the slow download moves', () => (slow.samples.at(-1)?.bytes ?? 0) > 0);
  return slow;
}

const isRunning = ({ process, samples }: Transfer): boolean =>
  process.exit === undefined && (samples.at(-1)?.bytes ?? 0) < SLOW_BYTES;

async function expectWhole(slow: Transfer): Promise<void> {
  const { bytes, sha256 } = await slow.result;
  expect({ bytes, sha256 }).toEqual({ bytes: SLOW_BYTES, sha256: streamSha256(SEED, SLOW_BYTES) });
}

async function expectWorks(held: readonly Held[]): Promise<void> {
  await Promise.all(held.map((one) => one.works()));
}

describe.each(['tproxy', 'redirect'])('%s', (method) => {
  const start = () => lab.startRouter({ overrides: { redirect: { method } } });

  test('what runs goes on at the start, and on SIGTERM to its end while new flows go out directly', async () => {
    expect(await askOut()).toEqual([wan4, wan6]);
    expect(await askIn()).toEqual(FORWARDED);
    const early = await hold();
    expect(early.map(({ peer }) => peer)).toEqual([wan4, wan6, ...FORWARDED]);
    const slow = await startSlowDownload();

    const router = await start();
    expect(isRunning(slow)).toBe(true);
    expect(await askOut()).toEqual(CARRIED);
    expect(await askIn()).toEqual(FORWARDED);
    await expectWorks(early);
    const flows = await runFlows(lab.hosts.lan, lab.target, {
      count: 20,
      concurrency: 5,
      bytes: 10_000,
      direction: 'down',
    });
    expect(flows.equal).toBe(20);
    await expectWhole(slow);

    const late = await hold();
    expect(late.map(({ peer }) => peer)).toEqual([...CARRIED, ...FORWARDED]);
    const slowCarried = await startSlowDownload();
    router.kill('SIGTERM');
    await router.waitFor(/no new flows/, 10_000);
    expect(await askOut()).toEqual([wan4, wan6]);
    expect(await askIn()).toEqual(FORWARDED);
    expect(isRunning(slowCarried)).toBe(true);
    await expectWorks([...early, ...late]);
    await expectWhole(slowCarried);
    // It waits for the flows that are left, and only for those it carries.
    expect(router.exit).toBeUndefined();
    await Promise.all(late.map((one) => one.stop()));
    expect(await router.exited).toEqual({ code: 0, signal: undefined });

    await expectWorks(early);
    await Promise.all(early.map((one) => one.stop()));
    expect(await networkState(lab.hosts.router)).toEqual(before);
    expect(await askOut()).toEqual([wan4, wan6]);
    expect(await askIn()).toEqual(FORWARDED);
  });

  test("another program's `nft flush ruleset` takes nothing away from it", async () => {
    const { router } = lab.hosts;
    const rules = await router.must(['nft', 'list', 'ruleset']);
    const daemon = await start();
    const slow = await startSlowDownload();
    await router.must(['nft', 'flush', 'ruleset']);
    const left = await router.must(['nft', 'list', 'ruleset']);
    expect(left.match(/^table .*/gm)).toEqual([expect.stringMatching(/^table inet wanbond \{ # progname/)]);
    expect(await askOut()).toEqual(CARRIED);
    expect(isRunning(slow)).toBe(true);
    await expectWhole(slow);
    await router.must(['nft', '-f', '-'], { input: rules });
    await stopCleanly(daemon);
    expect(await networkState(router)).toEqual(before);
  });
});
