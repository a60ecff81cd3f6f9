// `wanbond lab` as a command: its one document, and nothing left however it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { builtProgram } from '../src/base/package-files.ts';
import { buildLab } from '../src/lab/lab.ts';

/** Namespaces and directories of the labs of `pid`. */
const remains = (pid: number): string[] =>
  [...readdirSync('/run/netns'), ...readdirSync(tmpdir())].filter((name) =>
    name.startsWith(`wb-${pid.toString(36)}-`),
  );

function startLab(...args: string[]): {
  pid: number;
  ended: Promise<{ code: number; out: string; err: string }>;
} {
  const child = spawn(process.execPath, [builtProgram('main'), 'lab', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, out, err }));
  return { pid: child.pid ?? -1, ended };
}

async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error('the condition never came true');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// It measures, beside other tests: a second look tells a busy machine from a wrong verdict.
test('two slow WANs are bonding: one JSON document on standard output, nothing else, exit 0', {
  retry: 2,
}, async () => {
  const { pid, ended } = startLab('--wan', '10mbit', '--wan', '10mbit,delay=5ms', '--seconds', '4', '--json');
  const { code, out, err } = await ended;
  expect(err).not.toMatch(/fail/i);
  const document = JSON.parse(out) as Record<string, unknown>;
  expect(document).toMatchObject({
    schema: 1,
    verdict: 'bonding',
    sha256Match: true,
    bonded: { subflows: 2 },
  });
  expect(document).toMatchObject({ lanUsedMptcp: false, originUsedMptcp: false, middleUsedMptcp: true });
  expect(code).toBe(0);
  expect(remains(pid)).toEqual([]);
});

test('a cut is measured: its figures are in the document, and its flows go on', async () => {
  const cut = 'wan1@3s,restore=5s';
  const { pid, ended } = startLab(
    ...['--wan', '10mbit', '--wan', '10mbit,delay=5ms', '--seconds', '2'],
    ...['--cut', cut, '--json'],
  );
  const { code, out, err } = await ended;
  const document = JSON.parse(out) as { schema: number; verdict: string; cut: Record<string, unknown> };
  expect(document.schema).toBe(1);
  expect(document.cut, err).toMatchObject({
    wan: 'wan1',
    kind: 'carrier',
    direction: 'both',
    transfer: 'down',
    stallMs: expect.any(Number),
    usualGapMs: expect.any(Number),
    newFlowMs: expect.any(Number),
    newFlowWorstMs: expect.any(Number),
    usualFlowMs: expect.any(Number),
    restoreStallMs: expect.any(Number),
  });
  // Whoever opens at that very moment may be reset.
  expect(document.cut['flowsLost'], err).toBeLessThanOrEqual(2);
  expect(document.cut['flows']).toBeGreaterThan(20);
  expect(code === 0).toBe(document.verdict === 'bonding');
  expect(remains(pid)).toEqual([]);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s removes everything, while building and while measuring', async (signal, expected) => {
  const building = startLab('--wan', '50mbit', '--wan', '20mbit,delay=5ms');
  await until(() => remains(building.pid).length > 0);
  process.kill(building.pid, signal);
  expect((await building.ended).code).toBe(expected);
  expect(remains(building.pid)).toEqual([]);

  const measuring = startLab('--wan', '50mbit', '--wan', '20mbit,delay=5ms');
  await until(() => remains(measuring.pid).length === 6);
  await new Promise((resolve) => setTimeout(resolve, 4000));
  process.kill(measuring.pid, signal);
  expect((await measuring.ended).code).toBe(expected);
  expect(remains(measuring.pid)).toEqual([]);
});

test('what a killed lab left is removed by the next one', async () => {
  const killed = startLab('--wan', '50mbit', '--wan', '20mbit,delay=5ms');
  await until(() => remains(killed.pid).length === 6);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  process.kill(killed.pid, 'SIGKILL');
  await killed.ended;
  expect(remains(killed.pid)).not.toEqual([]);
  await (await buildLab({ wans: ['unshaped'] })).close();
  expect(remains(killed.pid)).toEqual([]);
});

test('bad options are refused before anything is made', async () => {
  for (const [args, says] of [
    [['--wan', '50mbit,bogus=1', '--wan', '50mbit'], /bogus/],
    [['--wan', '50mbit'], /one WAN cannot be bonded/],
    [['--seconds', '0'], /1 to 3600/],
    [['--cut', 'wan1@1s'], /too early/],
    [['--cut', 'dsl@5s'], /no WAN "dsl"; it has wan1, wan2/],
    [['--wan', 'unshaped', '--wan', '50mbit', '--cut', 'wan1@5s'], /unshaped/],
    [['--transport', 'pigeon', '--seconds', '1'], /pigeon|transport/],
  ] as const) {
    const { pid, ended } = startLab(...args);
    const { code, out, err } = await ended;
    expect(err).toMatch(says);
    expect(out).toBe('');
    expect(code).not.toBe(0);
    expect(remains(pid)).toEqual([]);
  }
});
