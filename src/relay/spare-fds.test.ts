import { fstatSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { NO_SPARE_FD } from '../linux/spare-fd.ts';
import { SpareFds } from './spare-fds.ts';

const spares = new SpareFds();
afterEach(() => spares.shrink());

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

test('one that comes back is lent out again', () => {
  const fd = spares.take();
  expect(isOpen(fd)).toBe(true);
  spares.give(fd);
  spares.give(NO_SPARE_FD);
  expect(spares.take()).toBe(fd);
  const other = spares.take();
  expect(other).not.toBe(fd);
  spares.give(fd);
  spares.give(other);
});

test('what was idle since the last look is closed, what was in use then is not', () => {
  const fds = [spares.take(), spares.take(), spares.take()];
  for (const fd of fds) spares.give(fd);
  spares.trim();
  expect(fds.every(isOpen)).toBe(true);
  spares.give(spares.take());
  spares.trim();
  expect(fds.filter(isOpen)).toHaveLength(1);
  spares.trim();
  expect(fds.some(isOpen)).toBe(false);
});

test('where fds are wanted the idle ones are closed at once', () => {
  const [lent, idle] = [spares.take(), spares.take()];
  spares.give(idle);
  spares.shrink();
  expect([lent, idle].map(isOpen)).toEqual([true, false]);
  spares.give(lent);
});
