import { expect, test } from 'vitest';
import { WanbondError } from '../base/error.ts';
import { createLog } from '../base/log.ts';
import { Reloader } from './reload.ts';

interface Fake {
  readonly value: string;
}

const FILE = '/nonexistent/router.toml';

function rig(reconfigure: (next: Fake) => void = () => undefined) {
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
    reconfigure: (next) => {
      reconfigure(next);
      taken.push(next.value);
    },
  });
  return { files, taken, reloader };
}

test('what has changed is taken over and told once', () => {
  const { files, taken, reloader } = rig();
  expect(reloader.reload()).toEqual({ changed: [], warnings: [] });
  files.now = { value: 'second' };
  expect(reloader.reload().changed).toEqual(['first is now second']);
  expect(reloader.reload().changed).toEqual([]);
  expect(taken).toEqual(['second']);
  expect(reloader.config).toEqual({ value: 'second' });
});

test('a file that is broken, needs a restart, or cannot be taken over changes nothing; the next one counts', () => {
  const { files, taken, reloader } = rig((next) => {
    if (next.value === 'bad') throw new Error('nft refused');
  });
  files.now = new WanbondError({ code: 'bad-config', message: 'router.toml:1:1: no', hint: 'Correct it.' });
  expect(() => reloader.reload()).toThrow(expect.objectContaining({ code: 'bad-config' }));
  files.now = { value: 'port' };
  expect(() => reloader.reload()).toThrow(
    expect.objectContaining({
      code: 'restart-needed',
      message: expect.stringContaining('redirect.port'),
      hint: expect.stringContaining('Restart'),
    }),
  );
  files.now = { value: 'bad' };
  expect(() => reloader.reload()).toThrow('nft refused');
  expect(reloader.config).toEqual({ value: 'first' });
  files.now = { value: 'second' };
  reloader.reload();
  expect(taken).toEqual(['second']);
});

test('another file than its own is refused', () => {
  const { reloader } = rig();
  expect(() => reloader.request.answer({ file: '/etc/other.toml' })).toThrow(FILE);
  expect(reloader.request.answer({ file: FILE })).toEqual({ changed: [], warnings: [] });
});
