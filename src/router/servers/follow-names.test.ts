import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import type { Log } from '../../base/log.ts';
import type { NameAnswers } from '../../wan/servers/known-servers.ts';
import { followNames } from './follow-names.ts';

const RETRY_MS = 2000;
let directory: string;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  directory = mkdtempSync(join(tmpdir(), 'wanbond-names-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

test('a look-up that fails is told, and done again', async () => {
  const warnings: string[] = [];
  const found: NameAnswers[] = [];
  const log = { warn: (text: string) => warnings.push(text), info: () => undefined } as unknown as Log;
  let asked = 0;
  const names = followNames({
    names: ['192.0.2.7'],
    directory,
    log,
    wans: () => {
      if (++asked === 1) throw new Error('no socket');
      return [];
    },
    onChange: (answers) => found.push(answers),
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(warnings).toEqual([expect.stringContaining('cannot be looked up: no socket; they keep')]);
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  await vi.waitFor(() => expect(found).toEqual([new Map([['192.0.2.7', [parseAddress('192.0.2.7')]]])]), {
    timeout: 10_000,
  });
  expect(asked).toBe(2);
  names.stop();
});
