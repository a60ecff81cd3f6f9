// Very many flows at once: all complete and equal, also when pipe memory runs out. With other labs beside it the machine is
// what fails: flows wait for longer than any timeout.
import { afterEach, expect, test, vi } from 'vitest';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import { serverConfig } from '../../src/lab/program-config.ts';
import { type Direction, runFlows } from '../../src/lab/traffic-programs.ts';
import { builtPeer } from '../support/built-peer.ts';
import { readCounters } from '../support/daemon-status.ts';
import { expectNoFailures } from '../support/no-failures.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';
import { wanbond } from '../support/wanbond.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const MIB = 1 << 20;
// The kernel counts pipe memory per user, so this one must be nobody else's.
const USER_ID = 64_917;
const HOG = builtPeer('pipe-hog');
const PIPES_LEFT = 4;

let lab: Lab;

afterEach(() => lab?.close());

async function expectAllEqual(direction: Direction, count: number, bytes: number): Promise<void> {
  const result = await runFlows(lab.hosts.lan, lab.target, { count, concurrency: count, bytes, direction });
  expect(result, JSON.stringify(result)).toMatchObject({ equal: count, different: 0 });
  expect(result.failed).toEqual({});
}

test('1,000 flows at once, each 1 MiB, all equal, both ways', async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
  await lab.startOrigin();
  await lab.startServer();
  await lab.startRouter();
  await expectAllEqual('down', 1000, MIB);
  await expectAllEqual('up', 1000, MIB);
  await expectNoFailures(lab);
});

test('the same with an unprivileged server, which gets few pipes and moves the rest through its buffer', async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
  await lab.startOrigin();
  const { key } = lab.files;
  const config = { stateDir: lab.files.stateDir('server'), key, transport: 'convert' };
  const file = lab.files.write('server', serverConfig(config));
  const plan = await wanbond(lab.hosts.server, 'plan', '-c', file);
  await lab.hosts.server.must(['sh', '-e'], { input: plan.stdout });
  const user = ['setpriv', `--reuid=${USER_ID}`, `--regid=${USER_ID}`, '--clear-groups'];
  const hog = lab.hosts.server.spawn([...user, process.execPath, HOG, String(PIPES_LEFT)]);
  await hog.waitFor(/^holding [1-9]\d* pipes$/, 20_000);

  await lab.startServer({ userId: USER_ID });
  await lab.startRouter();
  await expectAllEqual('down', 1000, MIB);
  await expectAllEqual('up', 1000, MIB);
  await expectNoFailures(lab);
  const counters = await waitUntil('pipes are counted', async () => {
    const now = await readCounters(lab, 'server');
    return now.flowsOpen === 0 && now.pipeRefusals > 0 && now;
  });
  // What is left of the last megabyte still gives small ones.
  expect(counters.pipesOpen).toBeLessThan(64);
  expect(counters.bytesSpliced).toBeLessThan(counters.bytesToNear + counters.bytesToFar);
});
