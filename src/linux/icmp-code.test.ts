import { expect, it } from 'vitest';
import { ECONNREFUSED, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH } from './errno.ts';
import { icmpCode } from './icmp-code.ts';

it('tells network from host in both families, and nothing of a reset', () => {
  expect([ENETUNREACH, EHOSTUNREACH, EHOSTDOWN, ECONNREFUSED].map((errno) => icmpCode(errno, 4))).toEqual([
    0,
    1,
    7,
    undefined,
  ]);
  expect([ENETUNREACH, EHOSTUNREACH, EHOSTDOWN].map((errno) => icmpCode(errno, 6))).toEqual([
    0,
    3,
    undefined,
  ]);
});
