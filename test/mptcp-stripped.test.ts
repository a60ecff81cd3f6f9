// Networks that do not let everything pass: a WAN that takes MPTCP's options away, and WANs that block UDP.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ORIGIN } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { startCountingOrigin } from './support/counting-origin.ts';
import { readCounters } from './support/daemon-status.ts';
import { dropPackets } from './support/drop-packets.ts';
import { countPackets, growth } from './support/packet-counts.ts';
import { stopLeftRouters } from './support/stop-router.ts';
import { type Probe, probeAll } from './support/tcp-probe.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { wanStatus, wanStatuses } from './support/wan-statuses.ts';

const PORT = 5400;
const FLOWS = 20;
// A WAN that has lost something is tried once a minute, and each try takes some seconds.
const NEXT_TRY_MS = 90_000;
// UDP is tried every 30 s where it is blocked.
const NEXT_UDP_MS = 45_000;

// What begins is counted: nothing may begin ahead of need.
const COLD = { 'warm-upstreams': 0 };

let lab: Lab;
let server: LabProcess;
let router: LabProcess;
let flowsBegun: () => Promise<{ wan1: number; wan2: number }>;

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit', '50mbit'] });
  await startCountingOrigin(lab.hosts.origin, PORT);
  server = await lab.startServer();
  const begins = (device: string) => ({
    hook: 'output' as const,
    match: `oifname "${device}" tcp flags & (syn | ack) == syn tcp option mptcp subtype 0`,
  });
  flowsBegun = await countPackets(lab.hosts.router, { wan1: begins('wan1'), wan2: begins('wan2') });
});
afterEach(() => stopLeftRouters(lab));
afterAll(() => lab?.close());

/** A middlebox in the Internet behind wan2, in both directions; the function returned takes it away. */
async function strip(what: string): Promise<() => Promise<void>> {
  const { net } = lab.hosts;
  const rules = ['iifname', 'oifname'].map((side) => `${side} "gw2" ${what} reset tcp option mptcp\n`);
  const chain = `type filter hook forward priority 0\n${rules.join('')}`;
  await net.must(['nft', '-f', '-'], { input: `table inet middlebox {\nchain on_the_way {\n${chain}}\n}\n` });
  return async () => {
    await net.must(['nft', 'delete', 'table', 'inet', 'middlebox']);
  };
}

async function openFlows(): Promise<void> {
  const send = Buffer.from('request');
  const probes = Array.from({ length: FLOWS }, (_, i): Probe => {
    return { address: ORIGIN.address4, port: PORT, send, startAfterMs: i * 50 };
  });
  const results = await probeAll(lab.hosts.lan, probes);
  expect(results.map(({ received }) => received.toString())).toEqual(results.map(() => 'answer to request'));
}

const endpoints = () => lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'show']);
const logged = (text: string) => router.stderr.filter((line) => line.includes(text)).length;

async function bothAre(fates: { capable: string; join: string }): Promise<boolean> {
  return (await wanStatuses(lab)).every(
    ({ mptcp }) => mptcp?.capable === fates.capable && mptcp.join === fates.join,
  );
}

/** New flows, none of which begins on wan2; only the tries themselves do. */
async function expectNoneOnWan2(): Promise<void> {
  const [before, { plainUpstreams }] = [await flowsBegun(), await readCounters(lab, 'router')];
  await openFlows();
  const begun = growth(before, await flowsBegun());
  expect(begun.wan1).toBeGreaterThanOrEqual(FLOWS);
  expect(begun.wan2).toBeLessThan(FLOWS / 4);
  expect((await readCounters(lab, 'router')).plainUpstreams).toBe(plainUpstreams);
}

describe('MPTCP options', () => {
  test('stripped from the beginnings of connections on one WAN: noticed by a plain flow, and when it is over', async () => {
    router = await lab.startRouter({ overrides: { relay: COLD } });
    await waitUntil('both were tried', () => bothAre({ capable: 'kept', join: 'kept' }), 40_000);
    expect((await wanStatus(lab, 'wan1')).pathMtuBytes).toBe(1500);
    const restore = await strip('tcp option mptcp subtype 0');
    try {
      await waitUntil(
        'a plain flow makes it look',
        async () => {
          await openFlows();
          return (await wanStatus(lab, 'wan2')).mptcp?.capable === 'stripped';
        },
        40_000,
      );
      expect(await wanStatus(lab, 'wan2')).toMatchObject({
        role: 'bulk',
        trouble: expect.stringMatching(/^MP_CAPABLE is stripped on its path/),
        mptcp: { capable: 'stripped', join: 'kept' },
      });
      expect((await wanStatus(lab, 'wan1')).trouble).toBeUndefined();
      expect(await endpoints()).toContain('dev wan2');
      expect(logged('MP_CAPABLE is stripped')).toBe(1);
      await expectNoneOnWan2();
    } finally {
      await restore();
    }
    await waitUntil('its end is noticed', () => bothAre({ capable: 'kept', join: 'kept' }), NEXT_TRY_MS);
    expect((await wanStatus(lab, 'wan2')).trouble).toBeUndefined();
    expect(logged('MPTCP is kept on this path again')).toBe(1);
  });

  test('stripped from everything on one WAN: flows stay on the other', async () => {
    const restore = await strip('tcp option mptcp exists');
    try {
      router = await lab.startRouter({ overrides: { relay: COLD } });
      await waitUntil('it is known', async () => (await wanStatus(lab, 'wan2')).mptcp, 40_000);
      expect(await wanStatus(lab, 'wan2')).toMatchObject({
        role: 'out',
        reason: 'MP_CAPABLE is stripped and MP_JOIN is stripped on its path: it cannot be bonded',
        mptcp: { capable: 'stripped', join: 'stripped' },
      });
      expect(await endpoints()).not.toContain('dev wan2');
      await expectNoneOnWan2();
    } finally {
      await restore();
    }
  });
});

describe('UDP', () => {
  test('blocked on all WANs: a dead WAN and a dead server are noticed by TCP', async () => {
    const restoreUdp = await dropPackets(lab.hosts.net, 'forward', 'udp dport 5124');
    try {
      router = await lab.startRouter({ overrides: { 'on-server-loss': 'direct', relay: COLD } });
      const isWell = async () =>
        (await wanStatuses(lab)).every(({ health, probedBy }) => health === 'up' && probedBy === 'tcp');
      await waitUntil('TCP is answered', isWell, 30_000);
      expect((await wanStatus(lab, 'wan1')).rttMs).toBeLessThan(500);
      await openFlows();

      const restoreWan = await dropPackets(lab.hosts.net, 'forward', 'iifname "gw1"');
      await waitUntil('wan1 is missed', async () => (await wanStatus(lab, 'wan1')).role === 'out');
      expect(await endpoints()).not.toContain('dev wan1');
      expect((await wanStatus(lab, 'wan2')).role).toBe('bulk');
      await openFlows();
      await restoreWan();
      await waitUntil('wan1 is back', isWell);

      server.kill('SIGKILL');
      await server.exited;
      await waitUntil('the server is missed', async () =>
        (await wanStatuses(lab)).every(({ health }) => health === 'down'),
      );
      await openFlows();
      expect((await readCounters(lab, 'router')).directFallbacks).toBeGreaterThanOrEqual(FLOWS);
      server = await lab.startServer();
      await waitUntil('the server is back', isWell);
    } finally {
      await restoreUdp();
    }
    await waitUntil(
      'UDP counts again',
      async () =>
        (await wanStatuses(lab)).every(({ health, probedBy }) => health === 'up' && probedBy === 'udp'),
      NEXT_UDP_MS,
    );
  });

  test('that ceases on one WAN: it is out for a moment only', async () => {
    router = await lab.startRouter({ overrides: { relay: COLD } });
    await waitUntil('UDP is answered', async () =>
      (await wanStatuses(lab)).every(({ health }) => health === 'up'),
    );
    const restore = await dropPackets(lab.hosts.net, 'forward', 'iifname "gw2" udp dport 5124');
    try {
      await waitUntil('TCP stands in', async () => {
        const { health, probedBy, role } = await wanStatus(lab, 'wan2');
        return probedBy === 'tcp' && health === 'up' && role === 'bulk';
      });
      expect((await wanStatus(lab, 'wan1')).probedBy).toBe('udp');
      expect(await endpoints()).toContain('dev wan2');
    } finally {
      await restore();
    }
  });
});
