// WANs as providers give them: two in one subnet behind the same gateway, in one broadcast domain or in two, and one
// without any gateway (PPP, LTE). All of them bond.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { WanAddresses } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { networkState } from './support/network-state.ts';
import { receivedBytes } from './support/received-bytes.ts';
import { stopCleanly, stopLeftRouters } from './support/stop-router.ts';

const BYTES = 20_000_000;
const GATEWAY = '192.0.2.1';
const ADDRESSES = ['192.0.2.11', '192.0.2.12'] as const;

let lab: Lab;
let first: WanAddresses;
let second: WanAddresses;
let ppp: WanAddresses;

beforeAll(async () => {
  // The third is a TUN, as point-to-point as PPP.
  lab = await buildLab({ wans: ['50mbit', '50mbit', '50mbit,delay=1ms'] });
  [first, second, ppp] = lab.wans as [WanAddresses, WanAddresses, WanAddresses];
  await Promise.all([lab.startServer(), lab.startOrigin()]);
});
afterAll(() => lab.close());
afterEach(() => stopLeftRouters(lab));

/** Carries a download; every one of `wans` must have brought a good part of it. */
async function expectBonding(wans: readonly WanAddresses[]): Promise<void> {
  const before = await networkState(lab.hosts.router);
  const router = await lab.startRouter({ wans: wans.map(({ name }) => name) });
  const devices = wans.map(({ device }) => device);
  const from = await receivedBytes(lab.hosts.router, devices);
  expect((await runTransfer(lab.hosts.lan, 'down', lab.target, { bytes: BYTES })).bytes).toBe(BYTES);
  for (const [i, to] of (await receivedBytes(lab.hosts.router, devices)).entries())
    expect(to - (from[i] ?? 0)).toBeGreaterThan(BYTES / 4);
  await stopCleanly(router);
  expect(await networkState(lab.hosts.router)).toEqual(before);
}

async function shareSubnet(gatewayLines: readonly string[]): Promise<void> {
  const { net, router } = lab.hosts;
  await net.ip([first, second].map((wan) => `addr flush dev ${wan.gatewayDevice}`));
  await net.ip(gatewayLines);
  await router.ip(
    [first, second].flatMap((wan, i) => [
      `addr flush dev ${wan.device}`,
      `addr add ${ADDRESSES[i]}/24 dev ${wan.device}`,
      `route add default via ${GATEWAY} dev ${wan.device} metric ${wan.metric}`,
    ]),
  );
}

test('without a gateway', async () => {
  await lab.hosts.router.ip([
    `addr flush dev ${ppp.device}`,
    `addr add ${ppp.router4} peer ${ppp.gateway4}/32 dev ${ppp.device}`,
    `route add default dev ${ppp.device} metric ${ppp.metric} scope link`,
  ]);
  await lab.hosts.net.ip([`route add ${ppp.router4}/32 dev ${ppp.gatewayDevice}`]);
  await expectBonding([first, ppp]);
});

test('one subnet and gateway, on two links that know nothing of each other', async () => {
  await shareSubnet([
    ...[first, second].flatMap((wan, i) => [
      `addr add ${GATEWAY}/32 dev ${wan.gatewayDevice}`,
      `route add ${ADDRESSES[i]}/32 dev ${wan.gatewayDevice}`,
    ]),
  ]);
  await expectBonding([first, second]);
});

test('one subnet and gateway, in one broadcast domain: each WAN answers for its own address', async () => {
  await shareSubnet([
    'link add name shared type bridge',
    `addr add ${GATEWAY}/24 dev shared`,
    'link set dev shared up',
    ...[first, second].map((wan) => `link set dev ${wan.gatewayDevice} master shared`),
  ]);
  await expectBonding([first, second]);

  const router = await lab.startRouter({ wans: ['wan1', 'wan2'] });
  const { net, router: host } = lab.hosts;
  for (const [i, { device }] of [first, second].entries()) {
    await net.must(['ip', 'neigh', 'flush', 'dev', 'shared']);
    const address = ADDRESSES[i] as string;
    // Makes the gateway ask for the address.
    await net.must([
      'bash',
      '-c',
      `exec 3>/dev/udp/${address}/9; echo >&3; for i in {1..50}; do
      ip neigh show ${address} | grep -q lladdr && exit 0; sleep 0.1; done; exit 1`,
    ]);
    const own = (await host.must(['cat', `/sys/class/net/${device}/address`])).trim();
    expect(await net.must(['ip', 'neigh', 'show', address])).toContain(own);
  }
  await stopCleanly(router);
});
