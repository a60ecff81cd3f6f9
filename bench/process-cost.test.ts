import { expect, test } from 'vitest';
import { parseKib } from './process-cost.ts';

test('sizes are bytes', () => {
  const text = 'Name:\tnode\nVmHWM:\t  90 kB\nVmRSS:\t   81 kB\n';
  expect(parseKib(text, 'VmRSS')).toBe(81 * 1024);
  expect(() => parseKib(text, 'VmSwap')).toThrow('VmSwap');
});
