// WANs die, come back and change while the router runs: running flows go on, and so does what is not carried.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Host } from '../src/lab/host.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { runTransfer, startTransfer } from '../src/lab/traffic-programs.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { networkState, withoutNft } from './support/network-state.ts';
import { waitUntil } from './support/wait-until.ts';
import { wanbond } from './support/wanbond.ts';

const UDP_PROGRAM = join(import.meta.dirname, 'support', 'udp-echo.mjs');
const ECHO_PORT = 5300;
const FORWARD_PORT = 5353;
const ROUTER_LAN_ADDRESS = '192.168.1.1';

let lab: Lab;
let before: string[];

beforeAll(async () => {
  lab = await buildLab({ wans: ['20mbit,delay=10ms', '20mbit,delay=10ms'] });
  before = withoutNft(await networkState(lab.hosts.router));
  await lab.startOrigin();
  await lab.startServer();
  await lab.startRouter();
  await udp(lab.hosts.origin, 'echo', ECHO_PORT).waitFor(/listening/, 10_000);
  await udp(lab.hosts.router, 'forward', FORWARD_PORT, lab.target.address, ECHO_PORT).waitFor(
    /listening/,
    10_000,
  );
});
afterAll(() => lab?.close());

function udp(host: Host, ...args: (string | number)[]) {
  return host.spawn([process.execPath, UDP_PROGRAM, ...args.map(String)], { label: `udp ${args[0]}` });
}

interface WanStatus {
  name: string;
  trouble?: string;
  health?: string;
}

async function wanStatus(name: string): Promise<WanStatus> {
  const { stdout } = await wanbond(lab.hosts.router, 'status', '-c', lab.files.configFile('router'));
  return (JSON.parse(stdout) as { wans: WanStatus[] }).wans.find((wan) => wan.name === name) as WanStatus;
}

const isWell = async (name: string) => {
  const { trouble, health } = await wanStatus(name);
  return trouble === undefined && health === 'up';
};
const endpoints = async () => (await lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'show'])).trim();
const defaultRoutes = async () => await lab.hosts.router.must(['ip', 'route', 'show', 'default']);

test('the default WAN is cut silently: DNS by the router and a masqueraded UDP flow are back within 2 s', async () => {
  await waitUntil('both WANs are well', async () => (await isWell('wan1')) && (await isWell('wan2')));
  const asking = [
    udp(lab.hosts.lan, 'ask', ROUTER_LAN_ADDRESS, FORWARD_PORT, 9),
    udp(lab.hosts.lan, 'ask', lab.target.address, ECHO_PORT, 9),
  ];
  await Promise.all(asking.map((one) => one.waitFor(/answered/, 10_000)));
  await lab.emulator?.set('wan1', { lossRatio: 1 });
  const results = await Promise.all(asking.map((one) => one.waitFor(/^\{/, 20_000)));
  for (const line of results) {
    const { gapMs, answers } = JSON.parse(line) as { gapMs: number; answers: number };
    expect(answers).toBeGreaterThan(50);
    expect(gapMs).toBeLessThan(2000);
  }
  expect(await endpoints()).not.toContain('dev wan1');
  expect(await defaultRoutes()).toMatch(/dev wan2 proto 87/);
  await lab.emulator?.set('wan1', { lossRatio: 0 });
  await waitUntil('wan1 is back', async () => await isWell('wan1'));
  expect(await endpoints()).toContain('dev wan1');
  expect(await defaultRoutes()).not.toContain('proto 87');
});

test.each(['wan1', 'wan2'])(
  'a download outlives a lost carrier of %s, and uses it again afterwards',
  async (name) => {
    const bytes = 30_000_000;
    const transfer = startTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: 5 });
    await waitUntil('it runs', () => Promise.resolve(transfer.samples.length > 5));
    await lab.emulator?.carrier(name, false, 'a');
    await waitUntil('it is noticed', async () => (await wanStatus(name)).trouble !== undefined);
    expect(await endpoints()).not.toContain(`dev ${name}`);
    await lab.emulator?.carrier(name, true, 'a');
    await waitUntil('it is back', async () => await isWell(name));
    expect(await endpoints()).toContain(`dev ${name}`);
    const result = await transfer.result;
    expect(result.sha256).toBe(streamSha256(5, bytes));
  },
);

test('a WAN that changes its address goes on with the new one', async () => {
  const wan = lab.wans[1];
  const old = `${wan?.router4}/28`;
  const fresh = (wan?.router4 ?? '').replace(/\d+$/, (last) => String(Number(last) + 2));
  // As a DHCP client does it: the routes go with the address.
  const renumber = (from: string, to: string) =>
    lab.hosts.router.ip([
      `address del ${from} dev wan2`,
      `address add ${to} dev wan2`,
      `route add default via ${wan?.gateway4} dev wan2 metric 102`,
    ]);
  const bytes = 20_000_000;
  const transfer = startTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: 6 });
  await waitUntil('it runs', () => Promise.resolve(transfer.samples.length > 5));
  await renumber(old, `${fresh}/28`);
  await waitUntil('the endpoint follows', async () => (await endpoints()).includes(fresh));
  expect((await transfer.result).sha256).toBe(streamSha256(6, bytes));
  const after = await runTransfer(lab.hosts.lan, 'up', lab.target, { bytes: 2_000_000, seed: 7 });
  expect(after.sha256).toBe(streamSha256(7, 2_000_000));
  await renumber(`${fresh}/28`, old);
  await waitUntil('the first address is back', async () => (await endpoints()).includes(wan?.router4 ?? '-'));
});

test('both WANs gone: nothing breaks, and the router carries again when they return', async () => {
  for (const name of ['wan1', 'wan2']) await lab.emulator?.carrier(name, false, 'a');
  await waitUntil('both are noticed', async () =>
    (await Promise.all(['wan1', 'wan2'].map(wanStatus))).every(({ trouble }) => trouble !== undefined),
  );
  for (const name of ['wan1', 'wan2']) await lab.emulator?.carrier(name, true, 'a');
  await waitUntil('both are well', async () => (await isWell('wan1')) && (await isWell('wan2')));
  const bytes = 2_000_000;
  const result = await runTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: 8 });
  expect(result.sha256).toBe(streamSha256(8, bytes));
});

test('a stop puts everything back', async () => {
  const router = lab.hosts.router.processes.find(({ label }) => label === 'router');
  await router?.stop();
  expect(withoutNft(await networkState(lab.hosts.router))).toEqual(before);
});
