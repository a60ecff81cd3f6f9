// What `wanbond init` wrote at work: server and router run from it with no more rights than the units give, carry a
// file, and `wanbond uninstall` leaves nothing.
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtProgram } from '../src/base/package-files.ts';
import type { Host } from '../src/lab/host.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { runDirectory } from '../src/lab/reap.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { FakeRoot } from './support/fake-root.ts';
import { networkState } from './support/network-state.ts';
import { stopCleanly } from './support/stop-router.ts';
import { wanbond } from './support/wanbond.ts';

const BYTES = 3_000_000;
const SEED = 3;

let lab: Lab;
let root: FakeRoot;

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit', '50mbit'] });
  await lab.startOrigin();
  // The server's own user has to get through.
  chmodSync(runDirectory(lab.run), 0o711);
  root = new FakeRoot(join(runDirectory(lab.run), 'root'), { systemd: true });
});
afterAll(() => lab.close());

/** Gives the config folders of this run: the lab's hosts share /run and /var/lib. */
function ownState(role: 'router' | 'server', owner: number): string {
  const file = `/etc/wanbond/${role}.toml`;
  const state = lab.files.stateDir(role);
  mkdirSync(state, { recursive: true });
  chownSync(state, owner, owner);
  const data = role === 'router' ? `data-dir = ${JSON.stringify(lab.files.dataDir)}\n` : '';
  writeFileSync(root.at(file), `state-dir = ${JSON.stringify(state)}\n${data}${root.read(file)}`);
  return root.at(file);
}

/** As the unit starts it: this user, with these capabilities at most. */
async function startAs(
  host: Host,
  limits: readonly string[],
  role: string,
  file: string,
): Promise<LabProcess> {
  const started = host.spawn(
    ['setpriv', ...limits, '--no-new-privs', process.execPath, builtProgram('main'), role, '-c', file],
    { label: role },
  );
  await started.waitFor(/\bready\b/, 20_000);
  return started;
}

test('the written configs carry a file, with no more rights than the units give; uninstall leaves nothing', async () => {
  const { server, router, lan } = lab.hosts;
  const before = {
    tree: root.tree(),
    server: await networkState(server),
    router: await networkState(router),
  };
  const joinText = (await root.run(server, 'init', 'server')).stdout.trim();
  const paired = await root.run(router, 'init', 'router', joinText, '--yes');
  expect(paired.code).toBe(0);
  expect(paired.stdout).toMatch(/Nothing fails\./);

  const uid = statSync(root.at('/etc/wanbond/server.toml')).uid;
  const serverFile = ownState('server', uid);
  const routerFile = ownState('router', 0);
  const record = root.at('/record');
  expect(await wanbond(server, 'up', '-c', serverFile, '--record', record)).toMatchObject({
    code: 0,
    stderr: '',
  });
  const asUser = [
    `--reuid=${uid}`,
    `--regid=${uid}`,
    '--clear-groups',
    '--inh-caps=-all',
    '--bounding-set=-all',
  ];
  const serving = await startAs(server, asUser, 'server', serverFile);
  const unit = root.read('/etc/systemd/system/wanbond-router.service');
  const capabilities = /^CapabilityBoundingSet=(.+)$/m.exec(unit)?.[1]?.toLowerCase().split(' ') ?? [];
  const asRoot = [
    `--bounding-set=-all,${capabilities.map((one) => one.replace('cap_', '+')).join(',')}`,
    '--inh-caps=-all',
  ];
  const routing = await startAs(router, asRoot, 'router', routerFile);

  const { bytes, sha256 } = await runTransfer(lan, 'down', lab.target, { bytes: BYTES, seed: SEED });
  expect({ bytes, sha256 }).toEqual({ bytes: BYTES, sha256: streamSha256(SEED, BYTES) });
  const counters = await router.must(['nstat', '-as', 'MPTcpExtMPJoinSynAckRx']);
  expect(counters).toMatch(/MPTcpExtMPJoinSynAckRx +[1-9]/);
  for (const daemon of [serving, routing]) {
    expect(daemon.stderr.join('\n')).not.toMatch(/"level":"?(warn|error|40|50)/);
  }

  // Started by hand: uninstall does not pull the files from under it.
  const refused = await root.run(router, 'uninstall', '--yes');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/another wanbond router runs/) });
  expect(existsSync(routerFile)).toBe(true);
  await stopCleanly(serving);
  expect(await wanbond(server, 'down', '-c', serverFile, '--record', record)).toMatchObject({ code: 0 });
  rmSync(record, { recursive: true });
  // A router that died has left something behind.
  routing.kill('SIGKILL');
  await routing.exited;

  const usage = join(lab.files.dataDir, 'usage.json');
  expect(existsSync(usage)).toBe(true);
  const asked = await root.run(router, 'uninstall');
  expect(asked).toMatchObject({ code: 2, stdout: expect.stringContaining(usage) });
  expect(existsSync(routerFile)).toBe(true);
  writeFileSync(root.at('/etc/wanbond/notes.txt'), 'mine');
  const removed = await root.run(router, 'uninstall', '--yes');
  expect(removed).toMatchObject({ code: 0, stderr: '' });
  expect(removed.stdout).toMatch(/^undone +ip -4 rule delete/m);
  expect(removed.stdout).toMatch(/^removed +user wanbond$/m);
  expect(root.read('/etc/wanbond/notes.txt')).toBe('mine');
  rmSync(root.at('/etc/wanbond'), { recursive: true });
  expect(root.tree()).toBe(before.tree);
  expect(existsSync(lab.files.stateDir('router'))).toBe(false);
  expect(existsSync(lab.files.dataDir)).toBe(false);
  expect(await networkState(server)).toEqual(before.server);
  expect(await networkState(router)).toEqual(before.router);

  const twice = await root.run(router, 'uninstall', '--yes');
  expect(twice).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing to remove/) });
  expect(root.tree()).toBe(before.tree);
});
