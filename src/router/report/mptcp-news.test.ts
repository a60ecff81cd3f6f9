import { pino } from 'pino';
import { expect, test } from 'vitest';
import { pathMeasurement } from '../../wan/probe/path-measurement.fixture.ts';
import { MptcpNews } from './mptcp-news.ts';

test('each change is told once, with what to do; a path that was always well is not', () => {
  const lines: string[] = [];
  const news = new MptcpNews(pino({ base: null }, { write: (line) => void lines.push(line) }));
  const kept = { capable: 'kept', join: 'kept' } as const;
  const stripped = { capable: 'stripped', join: 'kept' } as const;
  for (const mptcp of [undefined, kept, stripped, stripped, undefined, stripped, kept, kept]) {
    news.tell([pathMeasurement('dsl', 'vps', { mptcp }), pathMeasurement('lte', 'vps')]);
  }
  const entries = lines.map((line) => JSON.parse(line) as { wan: string; msg: string });
  expect(entries.map(({ wan }) => wan)).toEqual(['dsl', 'dsl']);
  expect(entries[0]?.msg).toMatch(
    /^MP_CAPABLE is stripped .*; look for a firewall, .* whether the server has/,
  );
  expect(entries[1]?.msg).toBe('MPTCP is kept on this path again');
});
