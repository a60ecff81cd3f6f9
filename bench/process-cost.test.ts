import { expect, test } from 'vitest';
import { parseCpuTime, parseKib } from './process-cost.ts';

test('user and system time stand behind the name, whatever that is', () => {
  const stat = '42 (a b) c) S 1 42 42 0 -1 4194560 900 0 0 0 150 275 0 0 20 0 1 0 100 0 0';
  expect(parseCpuTime(stat)).toEqual({ user: 1.5, system: 2.75 });
});

test('sizes are bytes', () => {
  const text = 'Name:\tnode\nVmHWM:\t  90 kB\nVmRSS:\t   81 kB\n';
  expect(parseKib(text, 'VmRSS')).toBe(81 * 1024);
  expect(() => parseKib(text, 'VmSwap')).toThrow('VmSwap');
});
