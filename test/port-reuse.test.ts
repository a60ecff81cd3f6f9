// A device that comes again from the port of a flow that has just ended, as busy ones do within a minute.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ORIGIN } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { startCountingOrigin } from './support/counting-origin.ts';
import { type Probe, probeAll } from './support/tcp-probe.ts';

const PORT = 5004;
const FLOWS = 5;

let lab: Lab;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped'] });
  await lab.startServer();
  await lab.startRouter();
  await startCountingOrigin(lab.hosts.origin, PORT);
});

afterAll(() => lab?.close());

async function lostOpenings(): Promise<number> {
  const text = await lab.hosts.lan.must(['nstat', '-asz', 'TcpExtTCPSynRetrans']);
  return Number(/TcpExtTCPSynRetrans\s+(\d+)/.exec(text)?.[1]);
}

test.each([
  ['IPv4', ORIGIN.address4, 40_004],
  ['IPv6', ORIGIN.address6, 40_006],
])('it is connected at once, %s', async (_family, address, localPort) => {
  const before = await lostOpenings();
  // The origin ends first, so the router's end of each flow is left in TIME_WAIT.
  const again: Probe = { address, port: PORT, localPort, send: Buffer.from('x') };
  const results = await probeAll(
    lab.hosts.lan,
    Array.from({ length: FLOWS }, () => again),
    1,
  );
  expect(results.map(({ received }) => received.toString())).toEqual(Array(FLOWS).fill('answer to x'));
  expect((await lostOpenings()) - before).toBe(0);
});
