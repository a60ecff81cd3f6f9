// The default WAN is cut silently: what is not carried is back soon, over the other WAN, and goes on when the first one
// is restored. The programs are those of a home: a resolver on the router, dig and ping on the LAN.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { LAN, ORIGIN } from '../../src/lab/addresses.ts';
import type { Host } from '../../src/lab/host.ts';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { networkState, withoutNft } from '../support/network-state.ts';
import { startResolver } from '../support/resolver.ts';
import { stopCleanly } from '../support/stop-router.ts';
import { isWanWell } from '../support/wan-statuses.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const UDP_PROGRAM = join(import.meta.dirname, '..', 'support', 'udp-echo.mjs');
const ECHO_PORT = 5300;
const BYPASSED = '198.51.100.20';
const NAME = 'name.test';
const NAME_ADDRESS = '192.0.2.7';
const DIG_EVERY_MS = 200;
const PING_EVERY_MS = 200;

let lab: Lab;
let before: string[];
let daemon: LabProcess;

beforeAll(async () => {
  lab = await buildLab({ wans: ['20mbit,delay=10ms', '20mbit,delay=10ms'] });
  const { origin, router, net } = lab.hosts;
  await origin.ip([`addr add ${BYPASSED}/32 dev lo`]);
  await net.ip([`route add ${BYPASSED}/32 via ${ORIGIN.address4}`]);
  await Promise.all([
    lab.startServer(),
    udp(origin, 'echo', ECHO_PORT).waitFor(/listening/, 10_000),
    startResolver(origin, { names: { [NAME]: [NAME_ADDRESS] } }),
    startResolver(router, { upstream: ORIGIN.address4 }),
  ]);
  before = withoutNft(await networkState(router));
  daemon = await lab.startRouter({ overrides: { redirect: { bypass: [`${BYPASSED}/32`] } } });
});
afterAll(() => lab?.close());

const areWell = async (): Promise<boolean> =>
  (await isWanWell(lab, 'wan1')) && (await isWanWell(lab, 'wan2'));

function udp(host: Host, ...args: (string | number)[]) {
  return host.spawn([process.execPath, UDP_PROGRAM, ...args.map(String)], { label: `udp ${args[0]}` });
}

/** Asks the router's resolver all the time, each time for another name: when those were begun that got their answer. */
function digOften(): { readonly answeredMs: readonly number[]; stop(): void } {
  const answeredMs: number[] = [];
  let count = 0;
  const timer = setInterval(() => {
    const startMs = performance.now();
    const dig = ['dig', '+short', '+tries=1', '+time=3', `@${LAN.router4}`, `n${++count}.${NAME}`];
    void lab.hosts.lan.exec(dig).then(({ stdout }) => {
      if (stdout.trim() === NAME_ADDRESS) answeredMs.push(startMs);
    });
  }, DIG_EVERY_MS);
  return { answeredMs, stop: () => clearInterval(timer) };
}

/** One ping that runs on: when its answers came. */
function pingOften(address: string): { readonly answeredMs: readonly number[]; stop(): Promise<unknown> } {
  const answeredMs: number[] = [];
  const ping = lab.hosts.lan.spawn(['ping', '-n', '-i', String(PING_EVERY_MS / 1000), address]);
  ping.onLine((line) => {
    if (/bytes from/.test(line)) answeredMs.push(performance.now());
  });
  return { answeredMs, stop: () => ping.stop() };
}

function longestGapMs(timesMs: readonly number[]): number {
  const sorted = timesMs.toSorted((a, b) => a - b);
  return Math.max(...sorted.slice(1).map((at, i) => at - (sorted[i] ?? at)));
}

test('dig by the resolver of the router, a masqueraded UDP flow and a ping are back within 2 s', async () => {
  await waitUntil('both WANs are well', areWell);
  const { router } = lab.hosts;
  const conversation = udp(lab.hosts.lan, 'ask', lab.target.address, ECHO_PORT, 9);
  const dig = digOften();
  const ping = pingOften(BYPASSED);
  const asked = [dig, ping];
  const hasMore = (sinceMs: number, count: number) =>
    asked.every(({ answeredMs }) => answeredMs.filter((at) => at > sinceMs).length >= count);
  try {
    await conversation.waitFor(/answered/, 10_000);
    await waitUntil('all are answered', () => hasMore(0, 5));
    const cutMs = performance.now();
    await lab.emulator?.set('wan1', { lossRatio: 1 });
    await waitUntil('all are answered again', () => hasMore(cutMs + 500, 5));
    for (const { answeredMs } of asked) expect(longestGapMs(answeredMs)).toBeLessThan(2000);
    const line = await conversation.waitFor(/^\{/, 20_000);
    const { gapMs, answers } = JSON.parse(line) as { gapMs: number; answers: number };
    expect(answers).toBeGreaterThan(50);
    expect(gapMs).toBeLessThan(2000);
    expect(await router.must(['ip', 'mptcp', 'endpoint', 'show'])).not.toContain('dev wan1');
    expect(await router.must(['ip', 'route', 'show', 'default'])).toMatch(/dev wan2 proto 87/);

    await lab.emulator?.set('wan1', { lossRatio: 0 });
    await waitUntil('wan1 is back', async () => await isWanWell(lab, 'wan1'));
    const restoredMs = performance.now();
    await waitUntil('all are answered still', () => hasMore(restoredMs, 5));
    expect(await router.must(['ip', 'mptcp', 'endpoint', 'show'])).toContain('dev wan1');
    expect(await router.must(['ip', 'route', 'show', 'default'])).not.toContain('proto 87');
  } finally {
    dig.stop();
    await ping.stop();
  }
  await stopCleanly(daemon);
  expect(withoutNft(await networkState(router))).toEqual(before);
});
