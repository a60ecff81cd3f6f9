import { expect, test } from 'vitest';
import { canBegin, canJoin, mptcpTrouble, type MptcpSurvival } from './mptcp-survival.ts';

const of = (capable: MptcpSurvival['capable'], join: MptcpSurvival['join']): MptcpSurvival => ({
  capable,
  join,
});

test('what is not known speaks against nothing', () => {
  for (const one of [undefined, of('kept', 'kept'), of('kept', 'untested')]) {
    expect([canBegin(one), canJoin(one), mptcpTrouble(one)]).toEqual([true, true, undefined]);
  }
});

test('each option that is lost has its own consequence, and is named', () => {
  const capable = of('stripped', 'kept');
  expect([canBegin(capable), canJoin(capable)]).toEqual([false, true]);
  expect(mptcpTrouble(capable)).toBe(
    'MP_CAPABLE is stripped on its path: no flow begins on it while another WAN works',
  );
  const join = of('kept', 'refused');
  expect([canBegin(join), canJoin(join)]).toEqual([true, false]);
  expect(mptcpTrouble(join)).toBe('MP_JOIN is refused on its path: it carries only flows that begin on it');
  const both = of('dropped', 'stripped');
  expect([canBegin(both), canJoin(both)]).toEqual([false, false]);
  expect(mptcpTrouble(both)).toBe(
    'MP_CAPABLE is dropped and MP_JOIN is stripped on its path: it cannot be bonded',
  );
});
