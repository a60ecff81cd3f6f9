import { expect, test } from 'vitest';
import { createLog } from '../base/log.ts';
import { type Daemon, FATAL_EXIT_CODE, runDaemon } from './lifecycle.ts';

test.each(['drain', 'stop'] as const)('a %s that throws still gives the LAN back and ends', async (step) => {
  const exits: number[] = [];
  const calls: string[] = [];
  const daemon: Daemon = {
    drain: () => void calls.push('drain'),
    status: () => undefined,
    requests: {},
    openFlows: () => 0,
    stop: () => Promise.resolve(true),
    release: () => void calls.push('release'),
    [step]: () => {
      throw new Error('nft is gone');
    },
  };
  const signals = { next: () => Promise.resolve('SIGTERM') };
  await runDaemon(daemon, {
    log: createLog({ level: 'silent', format: 'json' }),
    drainTimeoutMs: () => 0,
    signals,
    exit: (code) => exits.push(code),
  });
  expect(calls.at(-1)).toBe('release');
  expect(exits).toEqual([FATAL_EXIT_CODE]);
});
