// Whatever way the router dies, the LAN goes on without it at once, and `wanbond down` puts the host back as it was.
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { BACKBONE } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { monotonicMs } from '../src/lab/traffic/sample.ts';
import { faultDone, orderFault, underFault } from './support/fault.ts';
import { networkState } from './support/network-state.ts';
import { askPeer, servePeers, startPeerProbe } from './support/peer.ts';
import { stopCleanly, stopLeftRouters } from './support/stop-router.ts';
import { wanbond } from './support/wanbond.ts';

const PORT = 5003;
const PROBE_INTERVAL_MS = 40;
// Of what was begun after the limit, so many in a row must be direct.
const PROBES_AFTER = 5;

let lab: Lab;
let direct: string;
let before: string[];

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
  await Promise.all([lab.startServer(), servePeers(lab.hosts.origin, PORT)]);
  direct = lab.wans[0]?.router4 ?? '';
  before = await networkState(lab.hosts.router);
});
afterAll(() => lab.close());
afterEach(() => stopLeftRouters(lab));

const ask = (): Promise<string> => askPeer(lab.hosts.lan, lab.target.address, PORT);
const ruleset = (): Promise<string> => lab.hosts.router.must(['nft', 'list', 'ruleset']);
const down = () => wanbond(lab.hosts.router, 'down', '-c', lab.files.configFile('router'));

interface Fault {
  readonly name: string;
  /** From the fault to the first connection that must be direct. */
  readonly limitMs: number;
  readonly exit: object;
  /** Makes it happen; returns when it did. */
  readonly inject: (router: LabProcess, file: string) => Promise<number>;
  readonly says?: RegExp;
}

/** The preload takes the order from the file and writes down when it acted. */
const preload =
  (order: string): Fault['inject'] =>
  (_, file) => {
    orderFault(file, order);
    return faultDone(file);
  };

const FAULTS: readonly Fault[] = [
  {
    name: 'kill -9',
    limitMs: 1000,
    exit: { code: undefined, signal: 'SIGKILL' },
    inject: (router) => {
      router.kill('SIGKILL');
      return Promise.resolve(monotonicMs());
    },
  },
  {
    name: 'an exception in main',
    limitMs: 1000,
    exit: { code: 2, signal: undefined },
    inject: preload('main throw'),
    says: /fatal, ending at once: .*a fault injected into main/,
  },
  {
    name: 'an exception in a worker',
    limitMs: 1000,
    exit: { code: 2, signal: undefined },
    inject: preload('worker throw'),
    says: /fatal, ending at once: .*a fault injected into worker/,
  },
  {
    name: 'a worker in an endless loop',
    limitMs: 5000,
    exit: { code: 2, signal: undefined },
    inject: preload('worker loop'),
    says: /fatal, ending at once: .*no sign of life/,
  },
  {
    name: 'an end of the thread that watches the WANs',
    limitMs: 1000,
    exit: { code: 2, signal: undefined },
    inject: preload('watch exit'),
    says: /fatal, ending at once: .*the WANs are not watched any more/,
  },
  {
    name: 'an endless loop in that thread',
    limitMs: 33_000,
    exit: { code: 2, signal: undefined },
    inject: preload('watch loop'),
    says: /fatal, ending at once: .*no sign of life/,
  },
];

test.each(FAULTS)('$name', async ({ name, limitMs, exit, inject, says }) => {
  const file = join(lab.files.stateDir('server'), name.replaceAll(' ', '-'));
  const router = await lab.startRouter(underFault(file));
  expect(await ask()).toBe(BACKBONE.server4);
  expect(await ruleset()).toContain('table inet wanbond');
  const refused = await down();
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/another wanbond router runs/);

  const probe = startPeerProbe(lab.hosts.lan, lab.target.address, PORT, PROBE_INTERVAL_MS);
  await probe.wait(1, ({ peer }) => peer === BACKBONE.server4);
  const faultMs = await inject(router, file);
  const after = await probe.wait(
    PROBES_AFTER,
    ({ startMs }) => startMs >= faultMs + limitMs,
    limitMs + 20_000,
  );
  expect(after.map(({ peer, error }) => peer ?? error)).toEqual(after.map(() => direct));
  expect(await ruleset()).not.toContain('wanbond');
  expect(await router.exited).toEqual(exit);
  if (says) expect(router.stderr.join('\n')).toMatch(says);
  await probe.stop();

  // The dead daemon's rules and settings are still there: down has something to do.
  expect(await networkState(lab.hosts.router)).not.toEqual(before);
  const first = await down();
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(/changes taken back/);
  expect(await networkState(lab.hosts.router)).toEqual(before);
  const second = await down();
  expect(second).toMatchObject({ code: 0, stderr: '', stdout: 'nothing to take back\n' });
  expect(await networkState(lab.hosts.router)).toEqual(before);
});

test('a start after kill -9 without down works, and its clean end puts the host back as it first was', async () => {
  const killed = await lab.startRouter();
  killed.kill('SIGKILL');
  await killed.exited;
  const left = await networkState(lab.hosts.router);
  expect(left).not.toEqual(before);

  const router = await lab.startRouter();
  expect(await ask()).toBe(BACKBONE.server4);
  await stopCleanly(router);
  expect(await networkState(lab.hosts.router)).toEqual(before);
  expect(await ask()).toBe(direct);
  expect((await down()).stdout).toBe('nothing to take back\n');
});
