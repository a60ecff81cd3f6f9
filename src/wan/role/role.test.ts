import { expect, test } from 'vitest';
import { mergeVerdicts, type Verdicts, type WanRole } from './role.ts';

const of = (...entries: [wan: string, role: WanRole, reason: string][]): Verdicts =>
  new Map(entries.map(([wan, role, reason]) => [wan, { role, reason }]));

test('the most careful verdict counts, with its reason', () => {
  const merged = mergeVerdicts([
    of(['dsl', 'standby', 'slow'], ['lte', 'out', 'cap used up']),
    of(['dsl', 'out', 'no answer'], ['lte', 'standby', 'overflow']),
  ]);
  expect([...merged]).toEqual([
    ['dsl', { role: 'out', reason: 'no answer' }],
    ['lte', { role: 'out', reason: 'cap used up' }],
  ]);
});

test('among equals the first reason stays, and silence is no verdict', () => {
  const merged = mergeVerdicts([of(), of(['lte', 'standby', 'first']), of(['lte', 'standby', 'second'])]);
  expect(merged.get('lte')?.reason).toBe('first');
  expect(merged.has('dsl')).toBe(false);
});
