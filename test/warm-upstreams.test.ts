// Connections to the server that are kept ahead of need: flows begin on them, they are bonded before a flow begins, and
// nothing is lost when the server, a WAN, or the key's share of them goes.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ORIGIN, SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { CONVERT_PORT } from '../src/lab/program-config.ts';
import { type CountingOrigin, startCountingOrigin } from './support/counting-origin.ts';
import { craftWarm } from './support/craft-hello.ts';
import { readCounters } from './support/daemon-status.ts';
import { awaitNoCookie, sendHellos } from './support/send-hello.ts';
import { stopLeftRouters } from './support/stop-router.ts';
import { probeAll } from './support/tcp-probe.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { isWell, wanStatuses } from './support/wan-statuses.ts';

const PORT = 5400;
const WANS = 2;
// The most that the server keeps for a key.
const MOST_PER_KEY = 128;

let lab: Lab;
let origin: CountingOrigin;
let server: LabProcess;

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit,delay=10ms', '50mbit,delay=10ms'], cuttable: true });
  origin = await startCountingOrigin(lab.hosts.origin, PORT);
  server = await lab.startServer();
});
afterEach(() => stopLeftRouters(lab));
afterAll(() => lab?.close());

async function start(): Promise<void> {
  await lab.startRouter({ overrides: { relay: { 'warm-upstreams': 4, workers: 1 } } });
  await waitUntil('both WANs are well', async () => (await wanStatuses(lab)).every(isWell));
}

/** One after the other, with the names given; each is answered. */
async function openFlows(...names: string[]): Promise<void> {
  const results = await probeAll(
    lab.hosts.lan,
    names.map((name) => ({ address: ORIGIN.address4, port: PORT, send: Buffer.from(name) })),
    1,
  );
  expect(results.map(({ received }) => received.toString())).toEqual(
    names.map((name) => `answer to ${name}`),
  );
}

const idle = async (): Promise<number> => (await readCounters(lab, 'router')).warmIdle;
const begun = async (): Promise<number> => (await readCounters(lab, 'router')).warmFlows;
const someAreReady = (): Promise<number> =>
  waitUntil('some are ready', async () => {
    const count = await idle();
    return count >= 2 && count;
  });

async function subflows(): Promise<number> {
  const filter = ['state', 'established', 'dst', SERVER.address4, 'dport', '=', `:${CONVERT_PORT}`];
  return (await lab.hosts.router.must(['ss', '-Htn', ...filter])).split('\n').filter(Boolean).length;
}

test('none before the first flow; then flows begin on them, bonded already, and each request arrives once', async () => {
  await start();
  expect(await idle()).toBe(0);
  await openFlows('first');
  const ready = await someAreReady();
  await waitUntil('each has a subflow on every WAN', async () => (await subflows()) >= ready * WANS);
  const before = await begun();
  const names = Array.from({ length: 20 }, (_, i) => `flow ${i}`);
  await openFlows(...names);
  expect((await begun()) - before).toBeGreaterThan(0);
  expect(
    origin
      .requests()
      .filter((name) => name.startsWith('flow '))
      .toSorted(),
  ).toEqual(names.toSorted());
});

test('a WAN is cut: those that began there are made anew, and flows go on', async () => {
  await start();
  await openFlows('before the cut');
  await someAreReady();
  await lab.emulator?.carrier('wan1', false, 'a');
  await openFlows('right after', 'and again');
  await someAreReady();
  const before = await begun();
  await openFlows('over what is left');
  expect(await begun()).toBe(before + 1);
  await lab.emulator?.carrier('wan1', true, 'a');
});

test('the server is killed and comes back: nothing is lost with those that were open', async () => {
  await start();
  await openFlows('before the end');
  await someAreReady();
  server.kill('SIGKILL');
  await server.exited;
  await waitUntil('they are gone', async () => (await idle()) === 0);
  server = await lab.startServer();
  await waitUntil('the server is back', async () => (await wanStatuses(lab)).every(isWell));
  await openFlows('after the return');
  await someAreReady();
  const before = await begun();
  await openFlows('on a new one');
  expect(await begun()).toBe(before + 1);
});

test('the server ends in order: it does not wait for those that are kept', async () => {
  await start();
  await openFlows('one');
  await someAreReady();
  const startedMs = Date.now();
  server.kill('SIGTERM');
  expect(await server.exited).toMatchObject({ code: 0 });
  // It would wait a minute for a flow.
  expect(Date.now() - startedMs).toBeLessThan(10_000);
  server = await lab.startServer();
});

test('the server keeps so many for a key, and refuses more', async () => {
  await awaitNoCookie(lab);
  const hellos = Array.from({ length: MOST_PER_KEY + 2 }, () => craftWarm(lab));
  const steps = await sendHellos(lab, hellos);
  const kinds = steps.map((step) => (step.kind === 'refused' ? step.reason : step.kind));
  expect(kinds.filter((kind) => kind === 'established')).toHaveLength(MOST_PER_KEY);
  expect(kinds.filter((kind) => kind === 'resource')).toHaveLength(2);
});

test('where the server may dial is looked up when the flow begins, not when its connection was opened', async () => {
  await start();
  await openFlows('before the reload');
  await someAreReady();
  lab.writeServerConfig({ egress: { deny: [`${ORIGIN.address4}/32`] } });
  server.kill('SIGHUP');
  await server.waitFor(/the config is taken over/, 10_000);
  const before = await begun();
  const [denied] = await probeAll(lab.hosts.lan, [
    { address: ORIGIN.address4, port: PORT, send: Buffer.from('not any more') },
  ]);
  expect(denied?.received.length).toBe(0);
  expect((await begun()) - before).toBe(1);
  lab.writeServerConfig({});
  server.kill('SIGHUP');
  await waitUntil('it may be dialled again', async () => {
    const [result] = await probeAll(lab.hosts.lan, [
      { address: ORIGIN.address4, port: PORT, send: Buffer.from('once more') },
    ]);
    return result?.received.toString() === 'answer to once more';
  });
});
