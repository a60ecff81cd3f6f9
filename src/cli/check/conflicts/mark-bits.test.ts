import { expect, test } from 'vitest';
import { markEffect } from './mark-bits.ts';

const MARK = { meta: { key: 'mark' } };
const ALL = 0xffff_ffff;

// As nft prints: mark set 0x100; mark | 0x100; mark & 0xffffc0ff | 0x100, with ^ for older ones; ct mark & 0x3f00.
test.each([
  [0x100, { keeps: 0, sets: 0x100 }],
  [MARK, { keeps: ALL, sets: 0 }],
  [{ '|': [MARK, 0x4000_0000] }, { keeps: ALL, sets: 0x4000_0000 }],
  [{ '|': [{ '&': [MARK, 0xffff_c0ff] }, 0x100] }, { keeps: 0xffff_c0ff, sets: 0x100 }],
  [{ '^': [{ '&': [MARK, 0xffff_c0ff] }, 0x100] }, { keeps: 0xffff_c0ff, sets: 0x100 }],
  [{ ct: { key: 'mark' } }, { keeps: 0, sets: 0 }],
  [{ '&': [{ ct: { key: 'mark' } }, 0x3f00] }, { keeps: 0, sets: 0 }],
  [{ '|': [MARK, { '&': [{ ct: { key: 'mark' } }, 0x3f00] }] }, { keeps: ALL, sets: 0 }],
  [{ map: { key: MARK, data: '@m' } }, { keeps: 0, sets: 0 }],
])('%o', (expression, effect) => {
  expect(markEffect(expression)).toEqual(effect);
});
