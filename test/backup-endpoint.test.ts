// A WAN becomes backup, and ceases to be, under a running download: the peer is told, and no subflow is lost.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { startTransfer } from '../src/lab/traffic-programs.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { builtPeer } from './support/built-peer.ts';
import { joinsAccepted, mptcpCounters } from './support/mptcp-counters.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { wanStatuses } from './support/wan-statuses.ts';

const PROGRAM = builtPeer('path-manager');
const BYTES = 30_000_000;

let lab: Lab;

beforeAll(async () => {
  lab = await buildLab({ wans: ['20mbit,delay=10ms', '20mbit,delay=40ms'] });
  await Promise.all([lab.startServer(), lab.startOrigin()]);
  await lab.startRouter();
  // The router's own tries join too.
  await waitUntil('MPTCP was tried on both WANs', async () =>
    (await wanStatuses(lab)).every(({ mptcp }) => mptcp !== undefined),
  );
});
afterAll(() => lab?.close());

const joins = () => joinsAccepted(lab.hosts.server);
const told = async () => (await mptcpCounters(lab.hosts.server)).get('MPPrioRx') ?? 0;

async function setFlags(id: number, flags: readonly string[]): Promise<void> {
  const argv = [process.execPath, PROGRAM, 'flags', JSON.stringify({ id, flags })];
  expect(JSON.parse(await lab.hosts.router.must(argv))).not.toHaveProperty('error');
}

// The quick one, where the flow begins, and the one that it joined.
test.each(['wan1', 'wan2'])('by its flags alone: %s', async (device) => {
  const joinsBefore = await joins();
  const transfer = startTransfer(lab.hosts.lan, 'down', lab.target, { bytes: BYTES, seed: 3 });
  await waitUntil('it runs on both WANs', async () => (await joins()) > joinsBefore);
  const text = await lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'show']);
  const id = Number(new RegExp(`id (\\d+) .*dev ${device}`).exec(text)?.[1]);
  const before = await joins();
  const toldBefore = await told();
  await setFlags(id, ['subflow', 'backup']);
  await waitUntil('the server is told', async () => (await told()) > toldBefore);
  const toldBackup = await told();
  await setFlags(id, ['subflow']);
  await waitUntil('the server is told again', async () => (await told()) > toldBackup);
  expect((await transfer.result).sha256).toBe(streamSha256(3, BYTES));
  // A subflow that was cut would have been joined anew.
  expect(await joins()).toBe(before);
});
