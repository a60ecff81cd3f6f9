import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { MptcpSurvival } from '../wan/mptcp-survival.ts';
import type { PathMeasurement } from '../wan/prober-spec.ts';
import { MptcpNews } from './mptcp-news.ts';

function path(wan: string, mptcp: MptcpSurvival | undefined): PathMeasurement {
  return {
    wan,
    server: 'vps',
    health: 'up',
    hasAnswered: true,
    rttMs: 20,
    minRttMs: 18,
    recentRttMs: 18,
    baseRttMs: 18,
    rttDeviationMs: 1,
    lossRatio: 0,
    lossProbes: 100,
    seenAs: undefined,
    probedBy: 'udp',
    mptcp,
    pathMtuBytes: 1500,
  };
}

test('each change is told once, with what to do; a path that was always well is not', () => {
  const lines: string[] = [];
  const news = new MptcpNews(pino({ base: null }, { write: (line) => void lines.push(line) }));
  const kept = { capable: 'kept', join: 'kept' } as const;
  const stripped = { capable: 'stripped', join: 'kept' } as const;
  for (const mptcp of [undefined, kept, stripped, stripped, undefined, stripped, kept, kept]) {
    news.tell([path('dsl', mptcp), path('lte', kept)]);
  }
  const entries = lines.map((line) => JSON.parse(line) as { wan: string; msg: string });
  expect(entries.map(({ wan }) => wan)).toEqual(['dsl', 'dsl']);
  expect(entries[0]?.msg).toMatch(
    /^MP_CAPABLE is stripped .*; look for a firewall, .* whether the server has/,
  );
  expect(entries[1]?.msg).toBe('MPTCP is kept on this path again');
});
