// Other programs that set marks, rules and routes on the router: they stay as they are and keep working beside a running
// wanbond, whoever came first, and what wanbond carries does too.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BACKBONE, LAN, ORIGIN, type WanAddresses } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { SECOND_WAN_PORT, startMwan3 } from './support/mwan3.ts';
import { askPeer, servePeers } from './support/peer.ts';
import { receivedBytes } from './support/received-bytes.ts';
import { stopCleanly } from './support/stop-router.ts';
import { askUdpPeer, serveUdpPeers } from './support/udp-peer.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { prepareVpn, type Vpn } from './support/wireguard.ts';

const PORT = 5003;
const BYPASSED_PORT = 5004;
const UDP_PORT = 5300;

let lab: Lab;
let wan2: WanAddresses;

beforeEach(async () => {
  // Slow enough that a download lasts until its second subflow has joined, also on a busy machine.
  lab = await buildLab({ wans: ['50mbit', '50mbit'] });
  wan2 = lab.wans[1] as WanAddresses;
  const { origin } = lab.hosts;
  await Promise.all([
    lab.startServer(),
    lab.startOrigin(),
    servePeers(origin, PORT),
    servePeers(origin, BYPASSED_PORT),
    servePeers(origin, SECOND_WAN_PORT),
    serveUdpPeers(origin, UDP_PORT, ORIGIN.address4),
    serveUdpPeers(origin, UDP_PORT, ORIGIN.address6),
    serveUdpPeers(origin, SECOND_WAN_PORT),
  ]);
});
afterEach(() => lab?.close());

const start = () =>
  lab.startRouter({ overrides: { redirect: { 'bypass-ports': [BYPASSED_PORT, SECOND_WAN_PORT] } } });

/** All that is not ours: rules, routes, tables of nftables. */
async function foreignState(): Promise<string> {
  const script = `
for family in -4 -6; do
  echo "== ip $family rule"; ip $family rule show | grep -v 'lookup 7780'
  echo "== ip $family route"; ip $family route show table all | grep -v 'table 7780'
done
for table in $(nft list tables | grep -v ' wanbond' | sed 's/^table //; s/ /,/'); do
  nft --stateless list table "\${table%,*}" "\${table#*,}" 2>&1
done
wg show all allowed-ips
true
`;
  return lab.hosts.router.must(['sh'], { input: script });
}

/** Both families, and a download over both WANs, to an origin that sees the server. */
async function expectCarries(): Promise<void> {
  const { lan, router } = lab.hosts;
  expect(await askPeer(lan, ORIGIN.address4, PORT)).toBe(BACKBONE.server4);
  expect(await askPeer(lan, ORIGIN.address6, PORT)).toBe(BACKBONE.server6);
  const received = (): Promise<number[]> =>
    receivedBytes(
      router,
      lab.wans.map(({ device }) => device),
    );
  const from = await received();
  const bytes = 20_000_000;
  expect(await runTransfer(lan, 'down', lab.target, { bytes, seed: 3 })).toMatchObject({
    sha256: streamSha256(3, bytes),
  });
  const to = await received();
  for (const [i, end] of to.entries()) expect(end - (from[i] ?? 0)).toBeGreaterThan(bytes / 10);
}

describe('mwan3', () => {
  async function expectWorks(): Promise<void> {
    const { lan } = lab.hosts;
    for (let i = 0; i < 3; i++) {
      expect((await askUdpPeer(lan, ORIGIN.address4, SECOND_WAN_PORT)).outcome).toBe(wan2.router4);
      expect(await askPeer(lan, ORIGIN.address4, SECOND_WAN_PORT)).toBe(wan2.router4);
    }
    // Both WANs take their share of the rest.
    const seen = new Set<string>();
    await waitUntil('both WANs are used', async () => {
      seen.add((await askUdpPeer(lan, ORIGIN.address4, UDP_PORT)).outcome);
      return lab.wans.every(({ router4 }) => seen.has(router4));
    });
    expect([...seen].toSorted()).toEqual(lab.wans.map(({ router4 }) => router4).toSorted());
  }

  test.each(['first', 'last'])('started %s', async (order) => {
    const early = order === 'last' ? await start() : undefined;
    await startMwan3(lab.hosts.router, lab.wans);
    if (!early) await expectWorks();
    const before = await foreignState();
    const router = early ?? (await start());
    for (let i = 0; i < 3; i++) await expectCarries();
    await expectWorks();
    expect(await foreignState()).toBe(before);
    await stopCleanly(router);
    expect(await foreignState()).toBe(before);
    await expectWorks();
  });
});

describe('wg-quick for all traffic', () => {
  let vpn: Vpn;

  beforeEach(async () => {
    vpn = await prepareVpn(lab);
  });
  afterEach(() => vpn.close());

  /** What is not carried takes the VPN, at whose end devices of the LAN are seen as they are. */
  async function expectWorks(): Promise<void> {
    const { lan } = lab.hosts;
    expect((await askUdpPeer(lan, ORIGIN.address4, UDP_PORT)).outcome).toBe(LAN.host4);
    expect((await askUdpPeer(lan, ORIGIN.address6, UDP_PORT)).outcome).toBe(LAN.host6);
    expect(await askPeer(lan, ORIGIN.address4, BYPASSED_PORT)).toBe(LAN.host4);
    expect(await askPeer(lan, ORIGIN.address6, BYPASSED_PORT)).toBe(LAN.host6);
  }

  test.each(['first', 'last'])('started %s', async (order) => {
    const early = order === 'last' ? await start() : undefined;
    await vpn.up();
    await expectWorks();
    const before = await foreignState();
    const router = early ?? (await start());
    await waitUntil('flows are carried', async () => {
      return (await askPeer(lab.hosts.lan, ORIGIN.address4, PORT)) === BACKBONE.server4;
    });
    await expectCarries();
    await expectWorks();
    expect(await foreignState()).toBe(before);
    await stopCleanly(router);
    expect(await foreignState()).toBe(before);
    await expectWorks();
    await vpn.down();
  });
});
