// The README on fresh Debian 12 machines with systemd: server and router installed by its lines, paired, bonding, killed,
// stopped and removed again, and nothing left of it.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mustRun } from '../src/lab/command.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { runDirectory } from '../src/lab/reap.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { DebianMachine } from './support/debian-machine.ts';
import { debianRoot } from './support/debian-root.ts';
import { differences, readFileTree } from './support/file-tree.ts';
import { networkState } from './support/network-state.ts';
import { commandOf, readmeCode } from './support/readme.ts';
import { receivedBytes } from './support/received-bytes.ts';
import { waitUntil } from '../src/lab/wait-until.ts';

const REPOSITORY = join(import.meta.dirname, '..');
const BYTES = 12_000_000;
const SEED = 5;
const ROLES = ['server', 'router'] as const;
type Role = (typeof ROLES)[number];
// Two package managers at work, on a machine that runs other tests at the same time.
const INSTALL_TIMEOUT_MS = 960_000;
const STEP_TIMEOUT_MS = 300_000;
// Three starts of Node, one after the other.
const RESTART_TIMEOUT_MS = 120_000;

// Of capabilities(7).
const NET_ADMIN = 1n << 12n;
const NET_RAW = 1n << 13n;
const SYS_RESOURCE = 1n << 24n;

// What may differ afterwards, and why.
const EXPLAINED: readonly (readonly [RegExp, string])[] = [
  [/^var\/(lib\/(apt|dpkg)|cache\/(apt|debconf|ldconfig))(\/|$)/, 'what apt and dpkg keep for themselves'],
  [/^var\/log\/(apt\/|dpkg\.log|alternatives\.log|journal\/|wtmp|btmp|lastlog)/, 'logs of the system'],
  [/^etc\/(passwd|group|shadow|gshadow)-$/, 'backups of useradd and userdel'],
  [/^etc\/ld\.so\.cache$/, 'the index of libraries, for those of the packages'],
  [/^(etc\/rc.\.d|var\/lib\/systemd\/deb-systemd-helper-enabled)\//, 'services of the packages'],
];

interface Machine {
  readonly debian: DebianMachine;
  readonly before: Snapshot;
}

interface Snapshot {
  readonly files: ReadonlyMap<string, string>;
  readonly network: readonly string[];
  readonly units: readonly string[];
  readonly packages: readonly string[];
}

let lab: Lab;
const booted: DebianMachine[] = [];
const machines = new Map<Role, Machine>();
const quickStart = readmeCode('Quick start');
const removal = readmeCode('What it changes on your machine, and how to remove it');

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit', '50mbit'] });
  await lab.startOrigin();
  const clonable = join(runDirectory(lab.run), 'wanbond.git');
  await mustRun(['git', 'clone', '--quiet', '--bare', '--depth=1', `file://${REPOSITORY}`, clonable]);
  const root = await debianRoot();
  await Promise.all(
    ROLES.map(async (role) => {
      const debian = await DebianMachine.boot(root, lab.hosts[role], { [clonable]: '/mnt/wanbond.git' });
      booted.push(debian);
      machines.set(role, { debian, before: await snapshot(debian) });
    }),
  );
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  for (const debian of booted) await debian.close();
  await lab?.close();
}, STEP_TIMEOUT_MS);

function on(role: Role): DebianMachine {
  return machineOf(role).debian;
}

function machineOf(role: Role): Machine {
  const machine = machines.get(role);
  if (!machine) throw new Error(`${role} did not boot`);
  return machine;
}

async function snapshot(debian: DebianMachine): Promise<Snapshot> {
  const lines = async (script: string): Promise<string[]> => (await debian.must(script)).trim().split('\n');
  return {
    packages: await lines(`dpkg-query -W -f '\${Package}\\n'`),
    units: await lines('systemctl list-unit-files --no-legend; systemctl --failed --no-legend --plain'),
    network: await networkState(debian.host),
    files: await readFileTree(debian.root),
  };
}

/** A download of a LAN device arrives as sent, and each WAN brings a good part of it. */
async function expectBonding(): Promise<void> {
  const { router, lan } = lab.hosts;
  const devices = lab.wans.map(({ device }) => device);
  const from = await receivedBytes(router, devices);
  const { bytes, sha256 } = await runTransfer(lan, 'down', lab.target, { bytes: BYTES, seed: SEED });
  expect({ bytes, sha256 }).toEqual({ bytes: BYTES, sha256: streamSha256(SEED, BYTES) });
  const to = await receivedBytes(router, devices);
  for (const [i, received] of to.entries()) expect(received - (from[i] ?? 0)).toBeGreaterThan(BYTES / 4);
}

const unit = (role: Role): string => `wanbond-${role}.service`;

/** Of a process, as /proc names them. */
async function capabilitySets(debian: DebianMachine, pid: string, ...names: string[]): Promise<bigint[]> {
  const status = await debian.must(`cat /proc/${pid}/status`);
  return names.map((name) => BigInt(`0x${new RegExp(`^Cap${name}:\\s*(\\w+)$`, 'm').exec(status)?.[1]}`));
}

async function expectRunning(role: Role): Promise<void> {
  expect(await on(role).property(unit(role), 'ActiveState')).toBe('active');
}

test(
  'the lines of the README install the program',
  async () => {
    const clone = `${commandOf(quickStart, 'git clone')} --quiet file:///mnt/wanbond.git wanbond && cd wanbond`;
    const install = commandOf(quickStart, 'make build');
    await Promise.all(ROLES.map((role) => on(role).mustOutside(`${clone}\n${install}`)));
    for (const role of ROLES) expect(await on(role).must('wanbond --version')).toMatch(/^\d+\.\d+\.\d+$/m);
  },
  INSTALL_TIMEOUT_MS,
);

test(
  'they pair, start, and bond',
  async () => {
    const server = await on('server').run(commandOf(quickStart, 'wanbond init server'));
    expect(server.code, server.stderr).toBe(0);
    expect(server.stderr).toMatch(/wanbond-server\.service is running, and starts at every boot/);
    const command = commandOf(quickStart, 'wanbond init router').replace(
      "'wanbond1:...'",
      server.stdout.trim(),
    );
    expect(command).toContain(server.stdout.trim());
    const paired = await on('router').agreeTo(command);
    expect(paired).toMatch(/Go ahead\?/);
    expect(paired).toMatch(/Nothing fails\./);
    expect(paired).toMatch(/wanbond-router\.service is running, and starts at every boot/);
    await expectBonding();
    const status = JSON.parse(await on('router').must('wanbond status -c /etc/wanbond/router.toml')) as {
      counters: { bytesToNear: number; plainUpstreams: number };
    };
    expect(status.counters.bytesToNear).toBeGreaterThanOrEqual(BYTES);
    expect(status.counters.plainUpstreams).toBe(0);
  },
  STEP_TIMEOUT_MS,
);

test(
  'systemd hears from the services, and gives them no more rights than the units say',
  async () => {
    const rights = { server: ['wanbond', 0n], router: ['root', NET_ADMIN | NET_RAW | SYS_RESOURCE] } as const;
    for (const role of ROLES) {
      const heard = await on(role).property(unit(role), 'WatchdogTimestampMonotonic');
      await waitUntil('a sign of life', async () => {
        return (await on(role).property(unit(role), 'WatchdogTimestampMonotonic')) !== heard;
      });
      const pid = await on(role).property(unit(role), 'MainPID');
      const [user, named] = rights[role];
      expect((await on(role).must(`ps -o user= -p ${pid}`)).trim()).toBe(user);
      // A machine that runs labs may lack some itself.
      const [possible = 0n] = await capabilitySets(on(role), '1', 'Bnd');
      expect(possible & NET_ADMIN).toBe(NET_ADMIN);
      for (const held of await capabilitySets(on(role), pid, 'Bnd', 'Eff'))
        expect(held).toBe(named & possible);
      expect(await on(role).property(unit(role), 'NRestarts')).toBe('0');
    }
  },
  STEP_TIMEOUT_MS,
);

test(
  'a service that is killed comes back, and bonds',
  async () => {
    for (const role of ROLES) {
      const pid = await on(role).property(unit(role), 'MainPID');
      await on(role).must(`kill -9 ${pid}`);
      await waitUntil(
        `${role} is back`,
        async () => {
          return (
            (await on(role).property(unit(role), 'NRestarts')) === '1' &&
            (await on(role).property(unit(role), 'SubState')) === 'running'
          );
        },
        RESTART_TIMEOUT_MS,
      );
      expect(await on(role).property(unit(role), 'MainPID')).not.toBe(pid);
    }
    await expectBonding();
  },
  STEP_TIMEOUT_MS,
);

test(
  'a service that is stopped leaves the network as it was, and starts again',
  async () => {
    for (const role of ROLES) {
      await on(role).must(`systemctl stop ${unit(role)}`);
      expect(await on(role).property(unit(role), 'Result')).toBe('success');
      expect(await networkState(lab.hosts[role])).toEqual(machineOf(role).before.network);
    }
    for (const role of ROLES) {
      await on(role).must(`systemctl start ${unit(role)}`);
      await expectRunning(role);
    }
    await expectBonding();
  },
  STEP_TIMEOUT_MS,
);

test(
  'uninstalled by the README, the machines are as before',
  async () => {
    for (const role of ROLES) {
      const { debian, before } = machineOf(role);
      const removed = await debian.agreeTo(commandOf(removal, 'wanbond uninstall'));
      expect(removed).toMatch(new RegExp(`^removed +/etc/systemd/system/wanbond-${role}\\.service`, 'm'));
      await debian.must(commandOf(removal, 'npm uninstall -g wanbond'));
      await debian.must('rm -r wanbond');
      expect(
        await debian.must(
          "find / -xdev -name '*wanbond*' -not -path '/mnt/*'; find /run /tmp /dev -name '*wanbond*'",
        ),
      ).toBe('');
      const after = await snapshot(debian);
      expect(after.network).toEqual(before.network);
      const added = after.packages.filter((name) => !before.packages.includes(name));
      expect(added).toEqual(expect.arrayContaining(['iproute2', 'nftables', 'procps']));
      const packaged = await packagedFiles(debian, added);
      const units = after.units.filter(
        (line) => !packaged.has(`usr/lib/systemd/system/${line.split(' ')[0]}`),
      );
      expect(units).toEqual(before.units);
      const changed = differences(before.files, after.files);
      for (const path of changed.keys()) {
        if (packaged.has(path) || EXPLAINED.some(([pattern]) => pattern.test(path))) changed.delete(path);
      }
      expect(Object.fromEntries(changed)).toEqual({});
    }
  },
  STEP_TIMEOUT_MS,
);

/** What belongs to Debian packages, as paths of the merged /usr. */
async function packagedFiles(debian: DebianMachine, packages: readonly string[]): Promise<Set<string>> {
  const list = await debian.must(`dpkg -L ${packages.join(' ')}`);
  return new Set(list.split('\n').map((path) => path.replace(/^\/(?=s?bin\/|lib)/, '/usr/').slice(1)));
}
