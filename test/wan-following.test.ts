// WANs die, come back and change while the router runs: running flows go on.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { runTransfer, startTransfer } from '../src/lab/traffic-programs.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { networkState, withoutNft } from './support/network-state.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { isWanWell, wanStatus } from './support/wan-statuses.ts';

let lab: Lab;
let before: string[];

beforeAll(async () => {
  lab = await buildLab({ wans: ['20mbit,delay=10ms', '20mbit,delay=10ms'] });
  before = withoutNft(await networkState(lab.hosts.router));
  await lab.startOrigin();
  await lab.startServer();
  await lab.startRouter();
});
afterAll(() => lab?.close());

const isWell = (name: string) => isWanWell(lab, name);
const endpoints = async () => (await lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'show'])).trim();

test.each(['wan1', 'wan2'])(
  'a download outlives a lost carrier of %s, and uses it again afterwards',
  async (name) => {
    const bytes = 30_000_000;
    const transfer = startTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: 5 });
    await waitUntil('it runs', () => Promise.resolve(transfer.samples.length > 5));
    await lab.emulator?.carrier(name, false, 'a');
    await waitUntil('it is noticed', async () => (await wanStatus(lab, name)).trouble !== undefined);
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

test('a WAN with the address of another stands aside until it has one of its own', async () => {
  const [first, second] = lab.wans;
  const twin = `${first?.router4}/28`;
  await lab.hosts.router.ip([`address add ${twin} dev wan2`, `address del ${second?.router4}/28 dev wan2`]);
  await waitUntil('it is told', async () =>
    ((await wanStatus(lab, 'wan2')).trouble ?? '').includes(`wan1 has its address ${first?.router4}`),
  );
  expect(await endpoints()).toContain(`${first?.router4} id`);
  expect(await endpoints()).not.toContain('dev wan2');
  const bytes = 2_000_000;
  const result = await runTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: 9 });
  expect(result.sha256).toBe(streamSha256(9, bytes));
  await lab.hosts.router.ip([
    `address add ${second?.router4}/28 dev wan2`,
    `address del ${twin} dev wan2`,
    `route replace default via ${second?.gateway4} dev wan2 metric 102`,
  ]);
  await waitUntil('it is well', () => isWell('wan2'));
  expect(await endpoints()).toContain('dev wan2');
});

test('an endpoint in the way of one WAN keeps no other from its own', async () => {
  const [first, second] = lab.wans;
  const plus = (by: number, address = '') => address.replace(/\d+$/, (last) => String(Number(last) + by));
  const [fresh1, fresh2] = [plus(3, first?.router4), plus(3, second?.router4)];
  await lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'add', fresh2, 'id', '77', 'signal']);
  const renumber = (device: string, from: string | undefined, to: string | undefined, index: number) =>
    lab.hosts.router.ip([
      `address del ${from}/28 dev ${device}`,
      `address add ${to}/28 dev ${device}`,
      `route add default via ${lab.wans[index]?.gateway4} dev ${device} metric ${101 + index}`,
    ]);
  await renumber('wan2', second?.router4, fresh2, 1);
  await renumber('wan1', first?.router4, fresh1, 0);
  await waitUntil('the endpoint follows', async () => (await endpoints()).includes(fresh1));
  await lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'delete', 'id', '77']);
  await renumber('wan2', fresh2, second?.router4, 1);
  await renumber('wan1', fresh1, first?.router4, 0);
  await waitUntil('both are back', async () => {
    const now = await endpoints();
    return lab.wans.every(({ router4 }) => now.includes(`${router4} `)) && !now.includes(fresh1);
  });
});

test('both WANs gone: nothing breaks, and the router carries again when they return', async () => {
  for (const name of ['wan1', 'wan2']) await lab.emulator?.carrier(name, false, 'a');
  await waitUntil('both are noticed', async () =>
    (await Promise.all(['wan1', 'wan2'].map((name) => wanStatus(lab, name)))).every(
      ({ trouble }) => trouble !== undefined,
    ),
  );
  for (const name of ['wan1', 'wan2']) await lab.emulator?.carrier(name, true, 'a');
  await waitUntil('both are well', async () => (await isWell('wan1')) && (await isWell('wan2')));
  const bytes = 2_000_000;
  const result = await runTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: 8 });
  expect(result.sha256).toBe(streamSha256(8, bytes));
});

test('the route of carried flows comes back when the loopback interface or its table has lost it', async () => {
  const { router, lan } = lab.hosts;
  const routes = () =>
    Promise.all(['-4', '-6'].map((family) => router.must(['ip', family, 'route', 'show', 'table', '7780'])));
  const whole = await routes();
  const isWhole = async () => (await routes()).join() === whole.join();
  await router.ip(['link set lo down', 'link set lo up']);
  await waitUntil('that of IPv6 is back', isWhole);
  await router.must(['ip', 'route', 'flush', 'table', '7780']);
  await waitUntil('that of IPv4 is back', isWhole);
  const bytes = 2_000_000;
  const result = await runTransfer(lan, 'down', lab.target, { bytes, seed: 9 });
  expect(result.sha256).toBe(streamSha256(9, bytes));
});

test('a stop puts everything back', async () => {
  const router = lab.hosts.router.processes.find(({ label }) => label === 'router');
  await router?.stop();
  expect(withoutNft(await networkState(lab.hosts.router))).toEqual(before);
});
