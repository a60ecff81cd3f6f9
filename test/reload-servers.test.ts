// Another list of servers, taken over while flows run: new flows go to the first that answers, running ones stay where
// they are.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ORIGIN, SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { CONVERT_PORT, serverConfig } from '../src/lab/program-config.ts';
import type { ConfigTable } from '../src/config/toml-writer.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { startTransfer } from '../src/lab/traffic-programs.ts';
import { readCounters } from './support/daemon-status.ts';
import { askPeer, holdPeer, servePeers } from './support/peer.ts';
import { serverStatuses } from './support/server-status.ts';
import { stopCleanly, stopLeftRouters } from './support/stop-router.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { wanbond } from './support/wanbond.ts';

const PORT = 5003;
const SECOND_PORT = 5126;

let lab: Lab;
/** As whom the origin sees flows of each server. */
let seenAs: { first: string; second: string };
let first: ConfigTable;
let second: ConfigTable;

beforeAll(async () => {
  lab = await buildLab({ wans: ['5mbit', '5mbit'] });
  // The lab's Internet itself is the second host: it is reached over both WANs, as the first one is.
  const address = lab.wans[0]?.gateway4 as string;
  const base = serverConfig({
    stateDir: `${lab.files.stateDir('server')}-second`,
    key: lab.files.key,
    transport: 'convert',
  });
  await lab.startServer();
  // Written over the config of the first one, which has read it.
  const config = { ...base, id: 'second', listen: [{ port: SECOND_PORT }] };
  await lab.files.start(lab.hosts.net, 'server', config, {});
  await Promise.all([lab.startOrigin(), servePeers(lab.hosts.origin, PORT)]);
  first = { address: SERVER.address4, port: CONVERT_PORT, key: lab.files.key };
  second = { address, port: SECOND_PORT, id: 'second', key: lab.files.key };
  const seen = (host: 'server' | 'net'): Promise<string> => askPeer(lab.hosts[host], ORIGIN.address4, PORT);
  seenAs = { first: await seen('server'), second: await seen('net') };
});
afterAll(() => lab?.close());
afterEach(() => stopLeftRouters(lab));

async function reload(...server: readonly ConfigTable[]): Promise<string[]> {
  const file = lab.writeRouterConfig({ overrides: { server } });
  const { code, stdout, stderr } = await wanbond(lab.hosts.router, 'reload', '-c', file);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trim().split('\n');
}
const names = async (): Promise<string[]> => (await serverStatuses(lab)).map(({ name }) => name);
const used = async (): Promise<string | undefined> =>
  (await serverStatuses(lab)).find(({ isUsed }) => isUsed)?.name;
const ask = (): Promise<string> => askPeer(lab.hosts.lan, ORIGIN.address4, PORT);

test('servers come, change places and go; running flows stay with theirs', async () => {
  const [a, b] = [first['address'] as string, second['address'] as string];
  const [firstLine, secondLine] = [`server ${a} port ${CONVERT_PORT}`, `server ${b} port ${SECOND_PORT}`];
  const router: LabProcess = await lab.startRouter({ overrides: { server: [first] } });
  await waitUntil('it answers', async () => (await serverStatuses(lab)).every(({ isLost }) => !isLost));
  const bytes = 30_000_000;
  const transfer = startTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: 4 });
  const early = await holdPeer(lab.hosts.lan, ORIGIN.address4, PORT);
  expect(early.peer).toBe(seenAs.first);

  // Another one comes, behind the first.
  expect(await reload(first, second)).toEqual([`${secondLine}: added`]);
  await waitUntil('it is known', async () => (await serverStatuses(lab)).every(({ isLost }) => !isLost));
  expect(await names()).toEqual([a, b]);
  expect(await ask()).toBe(seenAs.first);

  // It is preferred.
  expect(await reload(second, first)).toEqual([
    `server: the order is now ${b} port ${SECOND_PORT}, ${a} port ${CONVERT_PORT}`,
  ]);
  await waitUntil('it is used', async () => (await used()) === b);
  expect(await ask()).toBe(seenAs.second);
  const late = await holdPeer(lab.hosts.lan, ORIGIN.address4, PORT);
  expect(late.peer).toBe(seenAs.second);
  await early.works();

  // The first is gone from the config; its flows go on.
  expect(await reload(second)).toEqual([`${firstLine}: removed`]);
  expect(await names()).toEqual([b]);
  await Promise.all([early.works(), late.works()]);
  expect(await ask()).toBe(seenAs.second);

  // One instead of the other.
  expect((await reload(first)).toSorted()).toEqual([`${firstLine}: added`, `${secondLine}: removed`]);
  await waitUntil('it is used', async () => (await used()) === a);
  expect(await ask()).toBe(seenAs.first);
  await Promise.all([early.works(), late.works()]);

  expect(transfer.process.exit).toBeUndefined();
  expect(await transfer.result).toMatchObject({ bytes, sha256: streamSha256(4, bytes) });
  const { directFallbacks } = await readCounters(lab, 'router');
  expect(directFallbacks).toBe(0);
  await Promise.all([early.stop(), late.stop()]);
  await stopCleanly(router);
});
