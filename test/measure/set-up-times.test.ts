// How long a device waits for the first byte of a new flow, by transport, measured: 20 ms between router and server each
// way, the origin beside the server. Plain routing takes two round trips: one to connect, one for question and answer.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { ORIGIN } from '../../src/lab/addresses.ts';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { median } from '../../src/lab/measure/median.ts';
import type { ConfigTable } from '../../src/config/toml-writer.ts';
import { startCountingOrigin } from '../support/counting-origin.ts';
import { readCounters } from '../support/daemon-status.ts';
import { stopLeftRouters } from '../support/stop-router.ts';
import { type Probe, probeAll } from '../support/tcp-probe.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';
import { wanStatuses } from '../support/wan-statuses.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const PORT = 5400;
const ONE_WAY_MS = 20;
const ROUND_TRIP_MS = 2 * ONE_WAY_MS;
const FLOWS = 15;
const EVERY_MS = 250;
// What a busy machine adds to the programs of three hosts.
const ROOM_MS = 12;

interface Case {
  readonly name: string;
  readonly transport: string;
  readonly relay?: ConfigTable;
  readonly server?: ConfigTable;
  /** Round trips, compared with plain routing. */
  readonly more: number;
}

const CASES: readonly Case[] = [
  { name: 'direct', transport: 'direct', more: 0 },
  { name: 'convert', transport: 'convert', relay: { 'warm-upstreams': 0 }, more: 0 },
  { name: 'shadowsocks', transport: 'shadowsocks', more: 0 },
  { name: 'socks5, pipelined', transport: 'socks5', server: { pipelined: 'on' }, more: 0 },
  { name: 'socks6', transport: 'socks6', more: 0 },
  { name: 'convert, warm', transport: 'convert', relay: { 'warm-upstreams': 8 }, more: -1 },
];

let lab: Lab;
let plainMs: number;
let daemon: LabProcess | undefined;

async function firstByteMs(): Promise<number> {
  const send = Buffer.from('?');
  const probes = Array.from({ length: FLOWS }, (_, i): Probe => {
    return { address: ORIGIN.address4, port: PORT, send, startAfterMs: i * EVERY_MS };
  });
  const results = await probeAll(lab.hosts.lan, probes);
  expect(results.map(({ received }) => received.toString())).toEqual(results.map(() => 'answer to ?'));
  return median(results.map((one) => one.firstByteMs as number)) as number;
}

beforeAll(async () => {
  const wan = `100mbit,delay=${ONE_WAY_MS}ms`;
  lab = await buildLab({ wans: [wan, wan] });
  await startCountingOrigin(lab.hosts.origin, PORT);
  await lab.hosts.router.must(['nft', '-f', '-'], {
    input: `table ip nat {
  chain out {
    type nat hook postrouting priority 100
    oifname "wan*" masquerade
  }
}
`,
  });
  await firstByteMs();
  plainMs = await firstByteMs();
});
afterEach(async () => {
  await stopLeftRouters(lab);
  await daemon?.stop();
});
afterAll(() => lab?.close());

test.each(CASES)('$name', async ({ name, transport, relay, server, more }) => {
  daemon = await lab.startServer({ transport: transport === 'direct' ? 'convert' : transport });
  await lab.startRouter({ transport, overrides: { ...(server && { server }), ...(relay && { relay }) } });
  if (transport !== 'direct')
    await waitUntil('both WANs are well', async () =>
      (await wanStatuses(lab)).every(({ health }) => health === 'up'),
    );
  await firstByteMs();
  await sleep(500);
  const before = await readCounters(lab, 'router');
  const tookMs = await firstByteMs();
  const after = await readCounters(lab, 'router');
  const figures = `${tookMs.toFixed(1)} ms; plain routing ${plainMs.toFixed(1)} ms`;
  console.log(`${name}: ${figures}`);
  expect(tookMs, figures).toBeLessThanOrEqual(plainMs + more * ROUND_TRIP_MS + ROOM_MS);
  if (more < 0) expect(after.warmFlows - before.warmFlows).toBeGreaterThan(FLOWS * 0.8);
});
