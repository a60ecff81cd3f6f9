import { pino } from 'pino';
import { expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { FastOpenWans } from './fast-open-wans.ts';

const wan = (name: string, ...sources: string[]) => ({
  name,
  sources: sources.map((text) => parseAddress(text)),
});

test('a WAN is lost until it has another address, and it is told once, with what to do', () => {
  const lines: string[] = [];
  const wans = new FastOpenWans(pino({ base: null }, { write: (line) => void lines.push(line) }));
  const before = [wan('dsl', '192.0.2.1', '2001:db8::1'), wan('lte', '198.51.100.1')];
  const lost = (): string[] => ['dsl', 'lte'].filter((name) => wans.isLost(name));
  // Two workers.
  for (let i = 0; i < 2; i++) wans.lose('dsl', before);
  expect(lost()).toEqual(['dsl']);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/"wan":"dsl".*set relay\.fast-open = false/);
  const same = [[], before, [wan('dsl')], [wan('dsl', '2001:db8::1', '192.0.2.1')]];
  for (const now of same) wans.follow(now);
  expect(lost()).toEqual(['dsl']);
  wans.follow([wan('dsl', '192.0.2.2', '2001:db8::1')]);
  expect(lost()).toEqual([]);
  wans.lose('dsl', before);
  expect(lines).toHaveLength(2);
});
