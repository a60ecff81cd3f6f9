// A WAN dies between a flow's hello and its reply, when nothing can join the connection yet: the flow moves to another
// WAN, and the origin sees each request once.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ORIGIN } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { CONVERT_PORT } from '../src/lab/program-config.ts';
import { type CountingOrigin, startCountingOrigin } from './support/counting-origin.ts';
import { dropPackets } from './support/drop-packets.ts';
import { countOutcomes, probeAll } from './support/tcp-probe.ts';
import { waitUntil } from './support/wait-until.ts';
import { wanbond } from './support/wanbond.ts';

const PORT = 5401;
const FLOWS = 8;
// Of an IPv4 packet with MPTCP's options: an opening and a bare acknowledgement are shorter, a hello is longer.
const LONGER_THAN_AN_ACK = 'meta length > 120';

let lab: Lab;
let origin: CountingOrigin;

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit,delay=5ms', '50mbit,delay=5ms'] });
  origin = await startCountingOrigin(lab.hosts.origin, PORT);
  await lab.startServer();
  await lab.startRouter();
  await waitUntil('both WANs are measured', bothAreMeasured);
});
afterEach(async () => {
  await lab.emulator?.carrier('wan1', true, 'a');
  await waitUntil('both WANs are well', bothAreMeasured);
});
afterAll(() => lab?.close());

async function bothAreMeasured(): Promise<boolean> {
  const { stdout } = await wanbond(lab.hosts.router, 'status', '-c', lab.files.configFile('router'));
  const { wans } = JSON.parse(stdout) as { wans: { trouble?: string; health?: string }[] };
  return wans.every(({ trouble, health }) => trouble === undefined && health === 'up');
}

/** Flows over both WANs in turn; wan1 goes while some of them wait for their reply. */
async function flowsWhileWan1Dies(name: string) {
  const probes = Array.from({ length: FLOWS }, (_, i) => ({
    address: ORIGIN.address4,
    port: PORT,
    send: Buffer.from(`${name} ${i}`),
  }));
  const flows = probeAll(lab.hosts.lan, probes);
  const answered = () => origin.requests().filter((one) => one.startsWith(name)).length;
  // Each worker takes the WANs in turns of its own.
  await waitUntil('those over wan2 are through', () => Promise.resolve(answered() >= FLOWS / 4));
  await lab.emulator?.carrier('wan1', false, 'a');
  return await flows;
}

test('the hello did not arrive: it goes out over the other WAN, and every request is answered', async () => {
  const restore = await dropPackets(
    lab.hosts.router,
    'output',
    `oifname "wan1" tcp dport ${CONVERT_PORT} ${LONGER_THAN_AN_ACK}`,
  );
  const results = await flowsWhileWan1Dies('lost hello');
  await restore();
  expect(results.map(({ received }) => received.toString())).toEqual(
    Array.from({ length: FLOWS }, (_, i) => `answer to lost hello ${i}`),
  );
  expect(origin.requests().filter((one) => one.startsWith('lost hello'))).toHaveLength(FLOWS);
});

test('the hello arrived and its reply did not: a reset at once, and no request is made twice', async () => {
  const restore = await dropPackets(
    lab.hosts.router,
    'input',
    `iifname "wan1" tcp sport ${CONVERT_PORT} tcp flags & syn == 0`,
  );
  const results = await flowsWhileWan1Dies('lost reply');
  await restore();
  const outcomes = countOutcomes(results);
  expect(Object.keys(outcomes).toSorted((a, b) => a.localeCompare(b))).toEqual(['ECONNRESET', 'end']);
  for (const { totalMs } of results) expect(totalMs).toBeLessThan(10_000);
  const requests = origin.requests().filter((one) => one.startsWith('lost reply'));
  expect(new Set(requests).size).toBe(requests.length);
});
