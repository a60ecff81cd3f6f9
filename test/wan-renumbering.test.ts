// What a WAN is reached by changes in the middle of a download: its IPv6 prefix, gracefully and at once; its IPv4 lease,
// with another gateway; the gateway alone. No flow is lost, whether another WAN is there or not.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ORIGIN, SERVER, type WanAddresses, wanAddresses } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { startTransfer, type Transfer } from '../src/lab/traffic-programs.ts';
import { type Held, holdPeer, servePeers } from './support/peer.ts';
import { receivedBytes } from './support/received-bytes.ts';
import { stopCleanly, stopLeftRouters } from './support/stop-router.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { wanStatuses } from './support/wan-statuses.ts';

const PORT = 5003;
// Some seconds for each WAN: the change is in the middle.
const BYTES_PER_WAN = 6_000_000;
const SEED = 12;

let lab: Lab;
let wan: WanAddresses;
let other: WanAddresses;

// Links with neighbours, on which a gateway is somebody.
beforeAll(async () => {
  lab = await buildLab({ wans: ['8mbit', '8mbit'] });
  wan = lab.wans[1] as WanAddresses;
  // What the provider gives next.
  other = { ...wanAddresses(9), metric: wan.metric };
  await Promise.all([lab.startOrigin(), lab.startServer(), servePeers(lab.hosts.origin, PORT)]);
});
afterAll(() => lab?.close());

const onRouter = (...lines: string[]): Promise<void> => lab.hosts.router.ip(lines);
const onGateway = (...lines: string[]): Promise<void> => lab.hosts.net.ip(lines);
const endpoints = (): Promise<string> => lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'show']);
const isEndpoint = async (address: string): Promise<boolean> =>
  (await endpoints()).split('\n').some((line) => line.startsWith(`${address} `));

const received = async (): Promise<number> => (await receivedBytes(lab.hosts.router, [wan.device]))[0] ?? 0;

interface Flows {
  readonly router: LabProcess;
  readonly bytes: number;
  readonly transfer: Transfer;
  readonly held: Held;
}

async function begin(wans: readonly string[], serverAddress: string): Promise<Flows> {
  const router = await lab.startRouter({ wans, overrides: { server: { address: serverAddress } } });
  await waitUntil('all answer', async () => (await wanStatuses(lab)).every(({ health }) => health === 'up'));
  const held = await holdPeer(lab.hosts.lan, ORIGIN.address4, PORT);
  const bytes = wans.length * BYTES_PER_WAN;
  const transfer = startTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: SEED });
  const before = await received();
  await waitUntil('the WAN carries', async () => (await received()) - before > 300_000);
  return { router, bytes, transfer, held };
}

/** The WAN carries on as it is now, and nothing was lost. */
async function expectWhole({ router, bytes, transfer, held }: Flows): Promise<void> {
  const before = await received();
  expect(transfer.process.exit).toBeUndefined();
  await waitUntil('the WAN carries again', async () => (await received()) - before > 500_000);
  await held.works();
  expect(await transfer.result).toMatchObject({ bytes, sha256: streamSha256(SEED, bytes) });
  await held.works();
  await held.stop();
  await stopCleanly(router);
  expect((await endpoints()).trim()).toBe('');
}

/** Both ends of the link as they were. */
async function restore(): Promise<void> {
  await stopLeftRouters(lab);
  await onGateway(
    `addr flush dev ${wan.gatewayDevice} scope global`,
    `addr add ${wan.gateway4}/${wan.length4} dev ${wan.gatewayDevice}`,
    `addr add ${wan.gateway6}/${wan.length6} dev ${wan.gatewayDevice} nodad`,
  );
  await onRouter(`addr flush dev ${wan.device} scope global`);
  await lab.setWan(wan.name, 'up');
}

describe.each([{ wans: ['wan1', 'wan2'] }, { wans: ['wan2'] }])('with $wans', ({ wans }) => {
  beforeEach(restore);
  afterEach(restore);

  describe('IPv6', () => {
    // As a provider's router does it: it is known by its link-local address, which stays.
    beforeEach(async () => {
      await onGateway(
        `addr replace fe80::1/64 dev ${wan.gatewayDevice} nodad`,
        `addr add ${other.gateway6}/64 dev ${wan.gatewayDevice} nodad`,
      );
      await onRouter(
        `route del default via ${wan.gateway6} dev ${wan.device} metric ${wan.metric}`,
        `route add default via fe80::1 dev ${wan.device} metric ${wan.metric}`,
      );
    });
    afterEach(() => onRouter(`route del default via fe80::1 dev ${wan.device} metric ${wan.metric}`));

    test('a new prefix comes, the old one is deprecated and goes later', async () => {
      const flows = await begin(wans, SERVER.address6);
      await onRouter(`addr add ${other.router6}/64 dev ${wan.device} nodad`);
      // What stands is not left without need.
      expect(await isEndpoint(wan.router6)).toBe(true);
      await onRouter(`addr change ${wan.router6}/64 dev ${wan.device} valid_lft 7200 preferred_lft 0`);
      await waitUntil('the endpoint follows', () => isEndpoint(other.router6));
      await waitUntil('the old one goes', async () => !(await isEndpoint(wan.router6)));
      // By now the provider does not route it any more.
      await onGateway(`addr del ${wan.gateway6}/64 dev ${wan.gatewayDevice}`);
      await onRouter(`addr del ${wan.router6}/64 dev ${wan.device}`);
      await expectWhole(flows);
    });

    test('another prefix instead of the old one, at once', async () => {
      const flows = await begin(wans, SERVER.address6);
      await onGateway(`addr del ${wan.gateway6}/64 dev ${wan.gatewayDevice}`);
      await onRouter(
        `addr del ${wan.router6}/64 dev ${wan.device}`,
        `addr add ${other.router6}/64 dev ${wan.device} nodad`,
      );
      await waitUntil('the endpoint follows', () => isEndpoint(other.router6));
      await expectWhole(flows);
    });
  });

  describe('IPv4', () => {
    test('another lease: address, subnet and gateway', async () => {
      const flows = await begin(wans, SERVER.address4);
      await onGateway(
        `addr del ${wan.gateway4}/28 dev ${wan.gatewayDevice}`,
        `addr add ${other.gateway4}/28 dev ${wan.gatewayDevice}`,
      );
      await onRouter(
        `addr del ${wan.router4}/28 dev ${wan.device}`,
        `addr add ${other.router4}/28 dev ${wan.device}`,
        `route add default via ${other.gateway4} dev ${wan.device} metric ${wan.metric}`,
      );
      await waitUntil('the endpoint follows', () => isEndpoint(other.router4));
      await expectWhole(flows);
    });

    test('the lease is renewed with another gateway', async () => {
      const flows = await begin(wans, SERVER.address4);
      const gateway = wan.gateway4.replace(/\d+$/, (last) => String(Number(last) + 9));
      await onGateway(
        `addr del ${wan.gateway4}/28 dev ${wan.gatewayDevice}`,
        `addr add ${gateway}/28 dev ${wan.gatewayDevice}`,
      );
      await onRouter(
        `route del default via ${wan.gateway4} dev ${wan.device} metric ${wan.metric}`,
        `route add default via ${gateway} dev ${wan.device} metric ${wan.metric}`,
      );
      // The old one is deaf; who asks for its hardware address gets none.
      await onRouter(`neigh flush dev ${wan.device}`);
      await expectWhole(flows);
      expect(await lab.hosts.router.must(['ip', 'route', 'show', 'default'])).toContain(`via ${gateway} `);
    });
  });
});
