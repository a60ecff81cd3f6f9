// What TCP Fast Open between router and server brings, measured: the time to the first byte of a new flow, with the origin
// beside the server and behind it; 20 ms between router and server each way.
//
// The reply waits for the third acknowledgement, three ways after the SYN. Until then the server asks the origin, which takes
// two round trips: what is saved are these, one round trip to the server at most.
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { ORIGIN } from '../../src/lab/addresses.ts';
import { type Emulator, startEmulator } from '../../src/lab/emulator/handle.ts';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { median } from '../../src/lab/measure/median.ts';
import { startCountingOrigin } from '../support/counting-origin.ts';
import { readCounters } from '../support/daemon-status.ts';
import { stopLeftRouters } from '../support/stop-router.ts';
import { type Probe, probeAll } from '../support/tcp-probe.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';
import { isWell, wanStatuses } from '../support/wan-statuses.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const PORT = 5400;
const ONE_WAY_MS = 20;
const ROUND_TRIP_MS = 2 * ONE_WAY_MS;
const FLOWS = 15;
const EVERY_MS = 250;
// What a busy machine adds to the programs of three hosts.
const ROOM_MS = 12;
// The way between server and origin, in a network of its own.
const FAR = { device: 'far0', server4: '192.0.2.1', origin4: '192.0.2.2' };

let lab: Lab;
let far: Emulator;
let server: LabProcess | undefined;

beforeAll(async () => {
  const wan = `100mbit,delay=${ONE_WAY_MS}ms`;
  lab = await buildLab({ wans: [wan, wan] });
  await startCountingOrigin(lab.hosts.origin, PORT);
  const direction = { rateBps: 1e9, delayMs: 0, jitterMs: 0, lossRatio: 0 };
  const end = (host: 'server' | 'origin') => ({ netns: lab.hosts[host].namespace, device: FAR.device });
  far = await startEmulator(
    [{ name: 'far', a: end('server'), b: end('origin'), aToB: direction, bToA: direction }],
    { realtime: true },
  );
  const ends = [
    ['server', FAR.server4, FAR.origin4],
    ['origin', FAR.origin4, FAR.server4],
  ] as const;
  for (const [host, own, peer] of ends)
    await lab.hosts[host].ip([
      `address add ${own} peer ${peer} dev ${FAR.device}`,
      `link set dev ${FAR.device} up`,
    ]);
});
afterEach(async () => {
  await stopLeftRouters(lab);
  await server?.stop();
});
afterAll(async () => {
  await far?.stop();
  await lab?.close();
});

async function firstByteMs(): Promise<number> {
  const send = Buffer.from('?');
  const probes = Array.from({ length: FLOWS }, (_, i): Probe => {
    return { address: ORIGIN.address4, port: PORT, send, startAfterMs: i * EVERY_MS };
  });
  const results = await probeAll(lab.hosts.lan, probes);
  expect(results.map(({ received }) => received.toString())).toEqual(results.map(() => 'answer to ?'));
  return median(results.map((one) => one.firstByteMs as number)) as number;
}

async function measure(isOn: boolean): Promise<number> {
  const relay = { 'fast-open': isOn };
  server = await lab.startServer({ overrides: { relay } });
  // Connections that are open ahead of need have no use for it.
  const router = await lab.startRouter({ overrides: { relay: { ...relay, 'warm-upstreams': 0 } } });
  await waitUntil('both WANs are well', async () => (await wanStatuses(lab)).every(isWell));
  // Of the server's clock, its cookies, and the code of all programs.
  await firstByteMs();
  const before = await readCounters(lab, 'router');
  const tookMs = await firstByteMs();
  const after = await readCounters(lab, 'router');
  expect(after.fastOpenFlows - before.fastOpenFlows).toBe(isOn ? FLOWS : 0);
  await router.stop();
  await server.stop();
  return tookMs;
}

test.each([0, 10, 40])('the origin is %i ms of round trip behind the server', async (farMs) => {
  if (farMs > 0) {
    await far.set('far', { delayMs: farMs / 2 });
    await lab.hosts.server.ip([`route replace ${ORIGIN.address4}/32 via ${FAR.origin4} dev ${FAR.device}`]);
  }
  const sooner = Math.min(1, (2 * farMs) / ROUND_TRIP_MS);
  const [withoutMs, withMs] = [await measure(false), await measure(true)];
  const figures = `${withoutMs.toFixed(1)} ms without, ${withMs.toFixed(1)} ms with Fast Open`;
  console.log(`origin ${farMs} ms behind the server: ${figures}`);
  expect(withMs, figures).toBeLessThanOrEqual(withoutMs - sooner * ROUND_TRIP_MS + ROOM_MS);
});
