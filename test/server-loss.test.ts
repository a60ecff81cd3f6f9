// The server dies and comes back: new flows go out without it, over all WANs in turn, or over the next server.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ORIGIN, SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { CONVERT_PORT, serverConfig } from '../src/lab/program-config.ts';
import { type CountingOrigin, startCountingOrigin } from './support/counting-origin.ts';
import { readCounters } from './support/daemon-status.ts';
import { dropPackets } from './support/drop-packets.ts';
import { serverStatuses } from './support/server-status.ts';
import { type Probe, type ProbeResult, probeAll } from './support/tcp-probe.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { wanbond } from './support/wanbond.ts';

const PORT = 5400;
const SECOND_SERVER_PORT = 5126;
const INTERVAL_MS = 100;
// What a set-up may take on a busy machine.
const UNDER_WAY_MS = 500;

let lab: Lab;
let origin: CountingOrigin;
let server: LabProcess;

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit', '50mbit'] });
  origin = await startCountingOrigin(lab.hosts.origin, PORT);
  server = await lab.startServer();
});
afterEach(async () => {
  await lab.hosts.router.processes.find(({ label }) => label === 'router')?.stop();
});
afterAll(() => lab?.close());

const servers = () => serverStatuses(lab);

async function isMeasured(): Promise<boolean> {
  const { stdout } = await wanbond(lab.hosts.router, 'status', '-c', lab.files.configFile('router'));
  const { wans } = JSON.parse(stdout) as { wans: { rttMs?: number }[] };
  return wans.every(({ rttMs }) => rttMs !== undefined);
}

/** A new flow every 100 ms, each with its own request. */
function stream(seconds: number): Promise<ProbeResult[]> {
  const count = (seconds * 1000) / INTERVAL_MS;
  const probes = Array.from({ length: count }, (_, i): Probe => {
    const send = Buffer.from(`request ${i}`);
    return { address: ORIGIN.address4, port: PORT, send, startAfterMs: i * INTERVAL_MS };
  });
  return probeAll(lab.hosts.lan, probes);
}

/** Kills the server; returns when it was gone. */
async function kill(): Promise<number> {
  server.kill('SIGKILL');
  await server.exited;
  return Date.now();
}

/** @param diedAtMs when a server died in between: who has said its request there, without an answer, is reset */
function allAnswered(results: readonly ProbeResult[], diedAtMs = 0): void {
  const bad = results.filter(({ received }) => !received.toString().startsWith('answer to request'));
  for (const { startedAtMs } of bad) {
    expect(diedAtMs - startedAtMs).toBeGreaterThanOrEqual(0);
    expect(diedAtMs - startedAtMs).toBeLessThan(UNDER_WAY_MS);
  }
  const times = results.map(({ firstByteMs }) => firstByteMs ?? 0).toSorted((a, b) => a - b);
  // A second, and twice as much again for a machine that does other things.
  expect(times.at(-1), JSON.stringify(times.map(Math.round))).toBeLessThan(3000);
}

test('killed and started again under traffic: new flows go on, without it and with it', async () => {
  await lab.startRouter({ overrides: { 'on-server-loss': 'direct' } });
  await waitUntil('the server is known', isMeasured);
  const before = origin.accepted();
  const flows = stream(8);
  await waitUntil('flows run', () => Promise.resolve(origin.accepted() > before + 5));
  const diedAtMs = await kill();
  await waitUntil('it is noticed', async () => (await servers())[0]?.isLost === true);
  server = await lab.startServer();
  await waitUntil('its return is noticed', async () => (await servers())[0]?.isUsed === true);
  allAnswered(await flows, diedAtMs);
  const { directFallbacks } = await readCounters(lab, 'router');
  expect(directFallbacks).toBeGreaterThan(0);
  allAnswered(await stream(1));
  expect((await readCounters(lab, 'router')).directFallbacks).toBe(directFallbacks);
});

test('silent: flows that wait for it go out without it as soon as that is known', async () => {
  await lab.startRouter({ overrides: { 'on-server-loss': 'direct' } });
  await waitUntil('the server is known', isMeasured);
  const restore = await dropPackets(lab.hosts.server, 'input', `ip daddr ${SERVER.address4}`);
  try {
    allAnswered(await stream(4));
    expect((await servers())[0]?.isLost).toBe(true);
    const accepted = origin.accepted();
    allAnswered(await stream(2));
    // Each WAN in turn.
    const sources = origin.sources().slice(accepted);
    const counts = lab.wans.map(({ router4 }) => sources.filter((one) => one.endsWith(router4)).length);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(sources.length);
    for (const count of counts) expect(count).toBeGreaterThanOrEqual(sources.length / 2 - 2);
  } finally {
    await restore();
  }
  await waitUntil('its return is noticed', async () => (await servers())[0]?.isUsed === true);
});

test('the second server takes over, and gives back', async () => {
  const base = serverConfig({
    stateDir: `${lab.files.stateDir('server')}-second`,
    key: lab.files.key,
    transport: 'convert',
  });
  // The lab's Internet itself is the second host: it is reached over both WANs, as the first one is.
  const second = await lab.files.start(
    lab.hosts.net,
    'server',
    { ...base, id: 'second', listen: [{ port: SECOND_SERVER_PORT }] },
    {},
  );
  const address = lab.wans[0]?.gateway4 as string;
  await lab.startRouter({
    overrides: {
      'on-server-loss': 'block',
      server: [
        { address: SERVER.address4, port: CONVERT_PORT, key: lab.files.key },
        { address, port: SECOND_SERVER_PORT, id: 'second', key: lab.files.key },
      ],
    },
  });
  await waitUntil('both are known', async () => (await servers()).every(({ isLost }) => !isLost));
  await waitUntil('the server is known', isMeasured);
  const flows = stream(6);
  const diedAtMs = await kill();
  await waitUntil('the second is used', async () => (await servers())[1]?.isUsed === true);
  server = await lab.startServer();
  await waitUntil('the first is used again', async () => (await servers())[0]?.isUsed === true);
  allAnswered(await flows, diedAtMs);
  expect((await readCounters(lab, 'router')).directFallbacks).toBe(0);
  await second.stop();
});
