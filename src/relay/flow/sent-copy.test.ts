// What was sent is there to be sent again, within its bounds.
import { expect, test } from 'vitest';
import { type CopyBudget, KEPT_BYTES, KEPT_MS, SentCopy } from './sent-copy.ts';

const START_MS = 1000;

function copyOf(...texts: string[]): { copy: SentCopy; budget: CopyBudget } {
  const budget = { leftBytes: 2 * KEPT_BYTES };
  const copy = new SentCopy(budget, START_MS);
  for (const text of texts) copy.push(Buffer.from(text));
  return { copy, budget };
}

test('goes back to any place it has, and is sent again from there', () => {
  const { copy } = copyOf('hello ', 'world');
  expect(copy.rewind(3)?.toString()).toBe('lo world');
  expect([copy.from, copy.end]).toEqual([0, 3]);
  copy.push(Buffer.from('p!'));
  expect(copy.bytes().toString()).toBe('help!');
  expect(copy.rewind(6)).toBeUndefined();
  expect(copy.rewind(5)?.toString()).toBe('');
});

test('what the far end has is not kept: it goes back to the end only', () => {
  const { copy, budget } = copyOf('hello ');
  copy.forget();
  expect(budget.leftBytes).toBe(2 * KEPT_BYTES);
  expect(copy.rewind(3)).toBeUndefined();
  copy.push(Buffer.from('world'));
  expect(copy.rewind(6)?.toString()).toBe('world');
  expect(copy.rewind(6)?.toString()).toBe('');
});

test('the bytes are its own', () => {
  const { copy } = copyOf();
  const shared = Buffer.from('first');
  copy.push(shared);
  shared.fill(0);
  expect(copy.bytes().toString()).toBe('first');
});

test('a long stream is given up, and so is one that is forgotten on its way', () => {
  for (const forgets of [false, true]) {
    const { copy, budget } = copyOf('x'.repeat(KEPT_BYTES));
    if (forgets) copy.forget();
    expect(copy.isKept).toBe(true);
    copy.push(Buffer.from('x'));
    expect(copy.isKept).toBe(false);
    expect(copy.rewind(copy.end)).toBeUndefined();
    expect(budget.leftBytes).toBe(2 * KEPT_BYTES);
  }
});

test('copies hold together what the worker allows; who ends makes room', () => {
  const budget = { leftBytes: 10 };
  const [a, b, c] = [0, 1, 2].map(() => new SentCopy(budget, START_MS)) as [SentCopy, SentCopy, SentCopy];
  a.push(Buffer.alloc(6));
  b.push(Buffer.alloc(5));
  expect([a.isKept, b.isKept]).toEqual([true, false]);
  a.drop();
  a.drop();
  expect(budget.leftBytes).toBe(10);
  c.push(Buffer.alloc(10));
  expect(c.isKept).toBe(true);
});

test('an old one is given up', () => {
  const { copy } = copyOf('hello');
  copy.age(START_MS + KEPT_MS);
  expect(copy.isKept).toBe(true);
  copy.age(START_MS + KEPT_MS + 1);
  expect(copy.isKept).toBe(false);
});
