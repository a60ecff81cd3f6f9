// `wanbond init` and `wanbond uninstall`: what is guessed, written and refused. Everything lies below a folder of this run.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtProgram } from '../src/base/package-files.ts';
import type { CommandResult } from '../src/lab/command.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { runDirectory } from '../src/lab/reap.ts';
import { decodeJoin } from '../src/setup/join.ts';
import { FakeRoot } from './support/fake-root.ts';
import { wanbond } from './support/wanbond.ts';

let lab: Lab;
let count = 0;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
});
afterAll(() => lab.close());

function makeRoot(options: { systemd: boolean }): FakeRoot {
  return new FakeRoot(join(runDirectory(lab.run), `root${++count}`), options);
}

async function initServer(root: FakeRoot, ...args: string[]): Promise<string> {
  const result = await root.run(lab.hosts.server, 'init', 'server', ...args);
  expect(result).toMatchObject({ code: 0 });
  // One line, for `JOIN=$(wanbond init server)`.
  expect(result.stdout).toMatch(/^wanbond1:[\w-]+\n$/);
  return result.stdout.trim();
}

test('a server: config, unit and user; a second init changes nothing, another router gets a key of its own', async () => {
  const root = makeRoot({ systemd: true });
  const { server } = lab.hosts;
  const first = await root.run(server, 'init', 'server', '--qr');
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(/^open +port 5124, TCP and UDP/m);
  expect(first.stderr).toMatch(/systemctl enable --now wanbond-server\.service/);
  expect(first.stdout.split('\n').length).toBeGreaterThan(15);
  const joined = decodeJoin(first.stdout.trim().split('\n').at(-1) ?? '');
  expect(joined).toMatchObject({ hosts: ['203.0.113.1', '2001:db8:f::1'], port: 5124, keyId: 1 });

  const [, , uid, gid] = /^wanbond:.*$/m.exec(root.read('/etc/passwd'))?.[0].split(':') ?? [];
  expect(root.modeOf('/etc/wanbond')).toBe(0o755);
  expect(root.modeOf('/etc/wanbond/server.toml')).toBe(0o600);
  expect(statSync(root.at('/etc/wanbond/server.toml'))).toMatchObject({ uid: Number(uid), gid: Number(gid) });
  expect(root.read('/etc/systemd/system/wanbond-server.service')).toContain(
    `${builtProgram('main')} server -c /etc/wanbond/server.toml`,
  );

  const before = root.tree();
  const second = await root.run(server, 'init', 'server');
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toMatch(
    /has a server already: \/etc\/wanbond\/server\.toml, with .*--add-router NAME/s,
  );
  expect(root.tree()).toBe(before);

  appendFileSync(root.at('/etc/wanbond/server.toml'), '# mine\n[egress]\nallow = ["10.0.0.0/8"]');
  const edited = root.read('/etc/wanbond/server.toml');
  const other = decodeJoin(await initServer(root, '--add-router', 'cabin', '--address', 'vps.example.org'));
  expect(other).toMatchObject({ hosts: ['vps.example.org'], keyId: 2 });
  expect(other.key).not.toEqual(joined.key);
  expect(
    root.read('/etc/wanbond/server.toml').startsWith(`${edited}\n\n[[key]]\nid = 2\nname = "cabin"\n`),
  ).toBe(true);
  expect(statSync(root.at('/etc/wanbond/server.toml'))).toMatchObject({ uid: Number(uid), mode: 0o100_600 });
  expect((await wanbond(server, 'check', '-c', root.at('/etc/wanbond/server.toml'))).code).toBe(0);
});

test('a host with private addresses only does not guess', async () => {
  const root = makeRoot({ systemd: true });
  const before = root.tree();
  const refused = await root.run(lab.hosts.lan, 'init', 'server');
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/its own is 192\.168\.1\.10\n.*--address HOST/);
  const bad = await root.run(lab.hosts.lan, 'init', 'server', '--port', '70000');
  expect(bad.stderr).toMatch(/1 to 65535/);
  expect(root.tree()).toBe(before);
});

test('a router: guessed from real interfaces, asks, and refuses a spoiled join string', async () => {
  const root = makeRoot({ systemd: true });
  const { router } = lab.hosts;
  const joinText = await initServer(root);
  const before = root.tree();
  const asked = await root.run(router, 'init', 'router', joinText);
  expect(asked.code).toBe(2);
  expect(asked.stdout).toMatch(
    /^WAN +wan1 +default route \(IPv4 metric 101, IPv6 metric 101\), 203\.0\.113\.18\/28/m,
  );
  expect(asked.stdout).toMatch(/^LAN +lan0 +192\.168\.1\.1\/24/m);
  expect(asked.stdout).toContain('wanbond init router JOIN --lan lan0 --wan wan1=wan1 --wan wan2=wan2 --yes');
  expect(asked.stdout).not.toContain(joinText.slice(9, 30));

  for (const [text, says] of [
    [joinText.slice(0, -5), /is cut off/],
    [
      `${joinText.slice(0, 30)}${joinText[30] === 'x' ? 'y' : 'x'}${joinText.slice(31)}`,
      /wrong checksum|cut off/,
    ],
    ['hello', /does not begin with wanbond1:/],
  ] as const) {
    expect(await root.run(router, 'init', 'router', text, '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(says),
    });
  }
  expect(await root.run(router, 'init', 'router', joinText, '--yes', '--wan', 'd.s=x')).toMatchObject({
    code: 1,
  });
  expect(root.tree()).toBe(before);

  // At a terminal: no is no, and yes is yes.
  const atTerminal = (answer: string): Promise<CommandResult> => {
    const command = [
      process.execPath,
      builtProgram('main'),
      'init',
      'router',
      joinText,
      '--wan',
      'dsl=wan2',
      '--root',
      root.path,
    ];
    // Typed before it asks: the terminal keeps it.
    const typed = `echo ${answer}; sleep 1`;
    return router.exec(['sh', '-c', `(${typed}) | script -qec "${command.join(' ')}" /dev/null`]);
  };
  expect((await atTerminal('n')).stdout).toMatch(/Go ahead\? \[y\/N\].*Nothing was changed\./s);
  expect(root.tree()).toBe(before);
  expect((await atTerminal('y')).stdout).toMatch(/Go ahead\?.*wrote .*router\.toml/s);
  expect(root.read('/etc/wanbond/router.toml')).toMatch(
    /interfaces = \["lan0"\].*name = "dsl"\ninterface = "wan2"\n/s,
  );
  expect(root.modeOf('/etc/wanbond/router.toml')).toBe(0o600);
  const again = await root.run(router, 'init', 'router', joinText, '--yes');
  expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/has a router already/) });
});

test('without systemd there is no unit, and it says so; the user is not needed', async () => {
  const root = makeRoot({ systemd: false });
  const before = root.tree();
  const result = await root.run(lab.hosts.server, 'init', 'server', '--now');
  expect(result.code).toBe(0);
  expect(result.stderr).toMatch(/no systemd here.*wanbond server -c \/etc\/wanbond\/server\.toml/);
  expect(existsSync(root.at('/etc/systemd/system/wanbond-server.service'))).toBe(false);
  expect(root.read('/etc/passwd')).not.toContain('wanbond');
  expect((await root.run(lab.hosts.server, 'uninstall', '--yes')).code).toBe(0);
  expect(root.tree()).toBe(before);
});

test('a root without /etc gets one, which goes with the rest', async () => {
  const empty = join(runDirectory(lab.run), 'empty');
  mkdirSync(empty, { recursive: true });
  for (const words of [
    ['init', 'server'],
    ['uninstall', '--yes'],
  ]) {
    expect(await wanbond(lab.hosts.server, ...words, '--root', empty)).toMatchObject({ code: 0 });
  }
  expect(readdirSync(empty)).toEqual([]);
});

test('what lies in the way is left alone', async () => {
  const root = makeRoot({ systemd: true });
  writeFileSync(root.at('/etc/systemd/system/wanbond-server.service'), '# of a package\n');
  const before = root.tree();
  const refused = await root.run(lab.hosts.server, 'init', 'server');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/did not make it/) });
  expect(root.tree()).toBe(before);
});

const REPOSITORY = join(import.meta.dirname, '..');

// In a mount namespace of the command's own: a copy of /etc, and a program that stands in for systemctl.
const REAL_PATHS = `
# Without the copies that useradd and userdel keep, and their locks.
list() { find /etc ! -name '*-' ! -name '*.lock' -printf '%p %M %U:%G\\n' | sort; cksum /etc/passwd /etc/group /etc/shadow /etc/gshadow; }
mount --bind "$1/etc" /etc
# Wherever this repository and node lie, a service must be able to see them.
mount -t tmpfs tmpfs /srv
mkdir /srv/wanbond
mount --bind "$3" /srv/wanbond
touch /srv/node
mount --bind "$2" /srv/node
wanbond() { /srv/node /srv/wanbond/dist/main.js "$@"; }
mkdir -p /run/systemd
mount -t tmpfs tmpfs /run/systemd
mkdir /run/systemd/system
PATH="$1/bin:$PATH"
list > "$1/before"
JOIN=$(wanbond init server --now)
wanbond init router - --yes --lan lan0 --wan wan1 --now <<END
$JOIN
END
stat -c '%a %U %n' /etc/wanbond/* /etc/systemd/system/wanbond-*
wanbond uninstall --yes
list > "$1/after"
`;

test('--now starts the services, uninstall stops them; on the real paths', async () => {
  const root = join(runDirectory(lab.run), 'real');
  const read = (name: string): string => readFileSync(join(root, name), 'utf8');
  mkdirSync(join(root, 'bin'), { recursive: true });
  cpSync('/etc', join(root, 'etc'), { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(root, 'bin/systemctl'), `#!/bin/sh\necho "$@" >> ${root}/calls\n`, { mode: 0o755 });
  const result = await lab.hosts.router.exec(['sh', '-es', root, process.execPath, REPOSITORY], {
    input: REAL_PATHS,
  });
  expect(result.code, result.stderr).toBe(0);
  expect(result.stdout).toMatch(/^600 wanbond \/etc\/wanbond\/server\.toml$/m);
  expect(result.stdout).toMatch(/^600 root \/etc\/wanbond\/router\.toml$/m);
  expect(result.stdout).toMatch(/^644 root \/etc\/systemd\/system\/wanbond-router\.service$/m);
  expect(result.stdout).toContain('wanbond-router.service is running, and starts at every boot');
  expect(read('calls').trim().split('\n')).toEqual([
    'daemon-reload',
    'enable --now wanbond-server.service',
    'daemon-reload',
    'enable --now wanbond-router.service',
    'disable --now wanbond-router.service',
    'disable --now wanbond-server.service',
    'daemon-reload',
  ]);
  expect(read('after')).toBe(read('before'));
});
