// `wanbond lab` as a command: nothing is left however it ends.
import { expect, test } from 'vitest';
import { buildLab } from '../src/lab/lab.ts';
import { remains, startLab } from './support/lab-command.ts';

async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error('the condition never came true');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

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
