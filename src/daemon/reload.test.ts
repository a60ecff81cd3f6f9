import { expect, test } from 'vitest';
import { WanbondError } from '../base/error.ts';
import { createLog } from '../base/log.ts';
import { Reloader } from './reload.ts';

interface Fake {
  readonly value: string;
}

const FILE = '/nonexistent/router.toml';

function rig(reconfigure: (next: Fake) => Promise<void> = () => Promise.resolve()) {
  const files = { now: { value: 'first' } as Fake | Error };
  const taken: string[] = [];
  const reloader = new Reloader<Fake>({
    file: FILE,
    config: { value: 'first' },
    log: createLog({ level: 'silent', format: 'json' }),
    load: () => {
      if (files.now instanceof Error) throw files.now;
      return { config: files.now, warnings: [] };
    },
    diff: (before, after) => ({
      changed: before.value === after.value ? [] : [`${before.value} is now ${after.value}`],
      needsRestart: after.value === 'port' ? ['redirect.port'] : [],
    }),
    reconfigure: async (next) => {
      await reconfigure(next);
      taken.push(next.value);
    },
  });
  return { files, taken, reloader };
}

test('what has changed is taken over and told once', async () => {
  const { files, taken, reloader } = rig();
  expect(await reloader.reload()).toEqual({ changed: [], warnings: [] });
  files.now = { value: 'second' };
  expect((await reloader.reload()).changed).toEqual(['first is now second']);
  expect((await reloader.reload()).changed).toEqual([]);
  expect(taken).toEqual(['second']);
  expect(reloader.config).toEqual({ value: 'second' });
});

test('a file that is broken, needs a restart, or cannot be taken over changes nothing; the next one counts', async () => {
  const { files, taken, reloader } = rig((next) =>
    next.value === 'bad' ? Promise.reject(new Error('nft refused')) : Promise.resolve(),
  );
  files.now = new WanbondError({ code: 'bad-config', message: 'router.toml:1:1: no', hint: 'Correct it.' });
  await expect(reloader.reload()).rejects.toMatchObject({ code: 'bad-config' });
  files.now = { value: 'port' };
  await expect(reloader.reload()).rejects.toMatchObject({
    code: 'restart-needed',
    message: expect.stringContaining('redirect.port'),
    hint: expect.stringContaining('Restart'),
  });
  files.now = { value: 'bad' };
  await expect(reloader.reload()).rejects.toThrow('nft refused');
  expect(reloader.config).toEqual({ value: 'first' });
  files.now = { value: 'second' };
  await reloader.reload();
  expect(taken).toEqual(['second']);
});

test('two at once come one after the other', async () => {
  let running = 0;
  const { files, taken, reloader } = rig(async () => {
    expect(++running).toBe(1);
    await Promise.resolve();
    running--;
  });
  files.now = { value: 'second' };
  await Promise.all([reloader.reload(), reloader.reload()]);
  expect(taken).toEqual(['second']);
});

test('another file than its own is refused', async () => {
  const { reloader } = rig();
  expect(() => reloader.request.answer({ file: '/etc/other.toml' })).toThrow(FILE);
  expect(await reloader.request.answer({ file: FILE })).toEqual({ changed: [], warnings: [] });
});
