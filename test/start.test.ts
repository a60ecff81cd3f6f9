// The start of both roles: what stops it and what that leaves (nothing), and what an init system is told.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { runDirectory } from '../src/lab/reap.ts';
import { wanUpLines } from '../src/lab/topology.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { orderFault, underFault } from './support/fault.ts';
import { networkState } from './support/network-state.ts';
import { startNotifyReceiver } from './support/notify-receiver.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { wanbond } from './support/wanbond.ts';

type Role = 'router' | 'server';

let lab: Lab;
const running: LabProcess[] = [];

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit', '50mbit'] });
  await lab.startOrigin();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

afterAll(() => lab?.close());

function keep(started: LabProcess): LabProcess {
  running.push(started);
  return started;
}

/** Runs `work`, which must change nothing on the host of `role`. */
async function changesNothing<T>(role: Role, work: () => Promise<T>): Promise<T> {
  const before = await networkState(lab.hosts[role]);
  const result = await work();
  expect(await networkState(lab.hosts[role])).toEqual(before);
  expect(existsSync(join(lab.files.stateDir(role), 'journal.json'))).toBe(false);
  expect(existsSync(join(lab.files.stateDir(role), 'control.sock'))).toBe(false);
  return result;
}

const key = Buffer.alloc(32, 1).toString('base64');

const BROKEN: Record<Role, { text: string; problems: string[] }> = {
  router: {
    text: `[lan]
interfaces = ["lan0"]
[server]
address = "203.0.113.1000"
key = "${key}"
[[wan]]
name = "wan1"
interface = "wan1"
[[wan]]
name = "wan1"
interface = "wan2"
[relay]
hedge-dealy = "1s"
`,
    problems: [
      '4:11: server.address: "203.0.113.1000" is not an IP address;',
      '10:8: wan[1].name: is the same as of wan[0];',
      '13:1: relay.hedge-dealy: unknown key; did you mean `hedge-delay`?',
    ],
  },
  server: {
    text: `[[listen]]
port = 70000
[[key]]
id = 1
key = "c2hvcnQ="
[egress]
allow = ["10.0.0.1/8"]
`,
    problems: [
      '2:8: listen[0].port: ',
      '5:7: key[0].key: the key is 5 bytes, not 32;',
      '7:10: egress.allow[0]: "10.0.0.1/8" has bits set after its length; did you mean 10.0.0.0/8?',
    ],
  },
};

test.each(['router', 'server'] as const)(
  'three mistakes in the config of the %s: all three are told with their places, and nothing happens',
  async (role) => {
    const { text, problems } = BROKEN[role];
    const file = join(runDirectory(lab.run), `broken-${role}.toml`);
    writeFileSync(file, text, { mode: 0o600 });
    const result = await changesNothing(role, () => wanbond(lab.hosts[role], role, '-c', file));
    expect(result.code).toBe(1);
    const told = result.stderr.split('\n').filter((line) => line.includes(`${file}:`));
    expect(told.map((line) => line.slice(line.indexOf(`${file}:`) + file.length + 1))).toEqual(
      problems.map((problem) => expect.stringContaining(problem)),
    );
    // A key must not get into a log.
    expect(result.stderr).not.toContain(key);
    expect(result.stderr).not.toContain('c2hvcnQ=');
  },
);

test('a config that is not there, is no TOML, or is for the other role', async () => {
  const file = join(runDirectory(lab.run), 'odd.toml');
  const start = (): ReturnType<typeof wanbond> => wanbond(lab.hosts.router, 'router', '-c', file);
  await changesNothing('router', async () => {
    expect(await start()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot read this file'),
    });
    writeFileSync(file, 'interfaces = [\n"lan0"\n[server\n', { mode: 0o600 });
    expect(await start()).toMatchObject({ code: 1, stderr: expect.stringMatching(/odd\.toml:\d+:\d+: /) });
    writeFileSync(file, BROKEN.server.text);
    expect(await start()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /odd\.toml is a server's config, not a router's: it has \[\[listen\]\] \(line 1\)/,
      ),
    });
  });
});

test('a WAN interface that is missing is left out, and used when it comes', async () => {
  const gone = { name: 'dsl', interface: 'wan9' };
  const lines = (program: LabProcess): object[] => program.stderr.map((line) => JSON.parse(line) as object);
  keep(await lab.startServer());
  const alone = keep(await lab.startRouter({ overrides: { wan: [gone] } }));
  expect(lines(alone)).toContainEqual(
    expect.objectContaining({ level: 40, wan: 'dsl', reason: 'interface missing' }),
  );
  expect(lines(alone)).toContainEqual(
    expect.objectContaining({ level: 50, msg: expect.stringContaining('wanbond check') }),
  );
  const wan = lab.wans[1] as (typeof lab.wans)[number];
  await lab.setWan('wan2', 'down');
  await lab.hosts.router.ip(['link set wan2 name wan9', 'address flush dev wan9']);
  await lab.hosts.router.ip(wanUpLines({ ...wan, device: 'wan9' }, { sourceSpecific: false }));
  await waitUntil('it is used', () =>
    Promise.resolve(lines(alone).some((line) => 'wan' in line && 'msg' in line && line.msg === 'WAN up')),
  );
  const late = await runTransfer(lab.hosts.lan, 'down', lab.target, { bytes: 100_000, seed: 4 });
  expect(late.sha256).toBe(streamSha256(4, 100_000));
  await alone.stop();
  await lab.hosts.router.ip(['link set wan9 down', 'link set wan9 name wan2', 'address flush dev wan2']);
  await lab.setWan('wan2', 'up');

  const wans = [gone, { name: 'cable', interface: 'wan2' }];
  const router = keep(await lab.startRouter({ overrides: { wan: wans } }));
  const warning = router.stderr.map((line) => JSON.parse(line) as object).find((line) => 'wan' in line);
  expect(warning).toMatchObject({ level: 40, wan: 'dsl' });
  const result = await runTransfer(lab.hosts.lan, 'down', lab.target, { bytes: 100_000, seed: 5 });
  expect(result.sha256).toBe(streamSha256(5, 100_000));
});

test.each(['router', 'server'] as const)(
  'a congestion control that the kernel lacks stops the %s',
  async (role) => {
    const options = { overrides: { relay: { congestion: 'nope' } }, waitForReady: false };
    const failed = await changesNothing(role, async () => {
      const started = keep(await (role === 'router' ? lab.startRouter(options) : lab.startServer(options)));
      expect(await started.exited).toEqual({ code: 1, signal: undefined });
      return started;
    });
    const last = JSON.parse(failed.stderr.at(-1) ?? '{}') as object;
    expect(last).toMatchObject({ code: 'no-congestion-control', msg: expect.stringContaining('"nope"') });
  },
);

test('a start that fails when the LAN is taken already leaves nothing', async () => {
  const file = join(runDirectory(lab.run), 'start-fault');
  orderFault(file, 'watch throw');
  const failed = await changesNothing('router', async () => {
    const started = keep(await lab.startRouter({ ...underFault(file), waitForReady: false }));
    expect(await started.exited).toEqual({ code: 1, signal: undefined });
    return started;
  });
  const lines = failed.stderr.map((line) => JSON.parse(line) as object);
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'LAN traffic is being carried' }));
  expect(lines.at(-1)).toMatchObject({
    code: 'wan-watch-failed',
    msg: expect.stringContaining('a fault injected into watch'),
  });
});

test.each(['router', 'server'] as const)(
  'the %s tells its init system when it is ready, alive and stopping',
  async (role) => {
    const receiver = await startNotifyReceiver(lab, lab.hosts[role], `notify-${role}`);
    const states = (): string[] => receiver.notifications().map(({ state }) => state);
    const env = { ...process.env, NOTIFY_SOCKET: receiver.path, WATCHDOG_USEC: '600000' };
    const daemon = keep(await (role === 'router' ? lab.startRouter({ env }) : lab.startServer({ env })));
    await waitUntil('four signs of life', () => states().filter((one) => one === 'WATCHDOG=1').length >= 4);
    expect(states()[0]).toBe('READY=1');
    await daemon.stop();
    await waitUntil('the last word', () => states().includes('STOPPING=1'));
    expect(new Set(states())).toEqual(new Set(['READY=1', 'WATCHDOG=1', 'STOPPING=1']));
    const [first, ...beats] = receiver.notifications().filter(({ state }) => state === 'WATCHDOG=1');
    // Sent at half of what is allowed, and not all the time.
    const meanMs = ((beats.at(-1)?.atMs ?? 0) - (first?.atMs ?? 0)) / beats.length;
    expect(meanMs).toBeGreaterThan(150);
    expect(meanMs).toBeLessThan(600);
    await receiver.stop();
  },
);

test('a watchdog that is meant for another process is left alone', async () => {
  const receiver = await startNotifyReceiver(lab, lab.hosts.server, 'notify-other');
  // As systemd sets it for the main process of a service that this program is not.
  const env = { ...process.env, NOTIFY_SOCKET: receiver.path, WATCHDOG_USEC: '2000', WATCHDOG_PID: '1' };
  const daemon = keep(await lab.startServer({ env }));
  await daemon.stop();
  await waitUntil('the last word', () =>
    receiver.notifications().some(({ state }) => state === 'STOPPING=1'),
  );
  expect(receiver.notifications().map(({ state }) => state)).toEqual(['READY=1', 'STOPPING=1']);
  await receiver.stop();
});
