import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { holdCompilers, letCompile } from './compilers.ts';

// Of OptimizationStatus in V8's src/runtime/runtime.h.
const OPTIMIZED = 1 << 4;
const BASELINE = 1 << 15;
const ROUNDS = 60;

const sum = (upTo: number): number => {
  let total = 0;
  for (let i = 0; i < upTo; i++) total += i % 7;
  return total;
};

let statusOf: (of: unknown) => number;

beforeAll(() => {
  setFlagsFromString('--allow-natives-syntax');
  statusOf = runInThisContext('(of) => %GetOptimizationStatus(of)') as typeof statusOf;
});
afterAll(() => {
  letCompile();
  setFlagsFromString('--no-allow-natives-syntax');
});

/** Keeps it hot until V8 has compiled it, in the background. */
function isCompiled(): boolean {
  for (let round = 0; round < ROUNDS; round++) {
    sum(100_000);
    if (statusOf(sum) & (OPTIMIZED | BASELINE)) return true;
  }
  return false;
}

test('nothing is compiled while the compilers are held, and hot code is once they are let', () => {
  holdCompilers();
  expect(isCompiled()).toBe(false);
  letCompile();
  expect(isCompiled()).toBe(true);
});
