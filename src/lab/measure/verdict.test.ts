import { expect, test } from 'vitest';
import { type Figures, findings, makeDocument } from './verdict.ts';

const wan = (name: string, rateMbps: number | null): Figures['wans'][number] => ({
  name,
  rateMbps,
  delayMs: 0,
  aloneDownMbps: (rateMbps ?? 1000) * 0.95,
  aloneUpMbps: (rateMbps ?? 1000) * 0.95,
  bondedDownMbps: (rateMbps ?? 1000) * 0.98,
  bondedUpMbps: (rateMbps ?? 1000) * 0.98,
});

const good: Figures = {
  wans: [wan('wan1', 50), wan('wan2', 20)],
  bonded: { downMbps: 66, upMbps: 65, subflows: 2 },
  lanUsedMptcp: false,
  originUsedMptcp: false,
  middleUsedMptcp: true,
  sha256Match: true,
};
const verdict = (change: Partial<Figures>): string => makeDocument({ ...good, ...change }).verdict;
const withWan2 = (change: Partial<Figures['wans'][number]>): Partial<Figures> => ({
  wans: [wan('wan1', 50), { ...wan('wan2', 20), ...change }],
});

test('the document has exactly the published keys', () => {
  const document = makeDocument(good);
  expect(document).toEqual({
    schema: 1,
    wans: [
      {
        name: 'wan1',
        rateMbps: 50,
        delayMs: 0,
        aloneDownMbps: 47.5,
        aloneUpMbps: 47.5,
        bondedDownMbps: 49,
        bondedUpMbps: 49,
      },
      {
        name: 'wan2',
        rateMbps: 20,
        delayMs: 0,
        aloneDownMbps: 19,
        aloneUpMbps: 19,
        bondedDownMbps: 19.6,
        bondedUpMbps: 19.6,
      },
    ],
    bonded: { downMbps: 66, upMbps: 65, subflows: 2 },
    sumDownMbps: 66.5,
    sumUpMbps: 66.5,
    efficiencyDown: 0.992,
    efficiencyUp: 0.977,
    lanUsedMptcp: false,
    originUsedMptcp: false,
    middleUsedMptcp: true,
    sha256Match: true,
    verdict: 'bonding',
  });
  expect(findings(document)).toEqual([]);
});

test('each condition has its verdict', () => {
  expect(verdict({ sha256Match: false })).toBe('corrupt');
  expect(verdict({ middleUsedMptcp: false })).toBe('no-mptcp');
  expect(verdict({ lanUsedMptcp: true })).toBe('not-plain');
  expect(verdict({ originUsedMptcp: true })).toBe('not-plain');
  expect(verdict(withWan2({ aloneDownMbps: 17.9 }))).toBe('slow-wan');
  expect(verdict(withWan2({ aloneUpMbps: 17.9 }))).toBe('slow-wan');
  expect(verdict({ bonded: { downMbps: 66, upMbps: 65, subflows: 1 } })).toBe('not-bonding');
  expect(verdict({ bonded: { downMbps: 56, upMbps: 65, subflows: 2 } })).toBe('not-bonding');
  expect(verdict({ bonded: { downMbps: 66, upMbps: 56, subflows: 2 } })).toBe('not-bonding');
});

test('a WAN that carries less than 0.7 of its share is not bonded', () => {
  expect(verdict(withWan2({ bondedDownMbps: 12.5 }))).toBe('bonding');
  expect(verdict(withWan2({ bondedDownMbps: 12 }))).toBe('not-bonding');
  expect(verdict(withWan2({ bondedUpMbps: 12 }))).toBe('not-bonding');
  expect(verdict(withWan2({ bondedUpMbps: 0 }))).toBe('not-bonding');
});

test('the worst finding decides, all are told', () => {
  const document = makeDocument({ ...good, sha256Match: false, ...withWan2({ aloneUpMbps: 10 }) });
  expect(document.verdict).toBe('corrupt');
  expect(findings(document).map((one) => one.verdict)).toEqual(['corrupt', 'slow-wan']);
});

test('unshaped WANs are judged by their subflows, not by rates that the machine limits', () => {
  const wans = [wan('wan1', null), wan('wan2', null)];
  const bonded = { downMbps: 1000, upMbps: 1000, subflows: 2 };
  expect(verdict({ wans, bonded })).toBe('bonding');
  expect(verdict({ wans, bonded: { ...bonded, subflows: 1 } })).toBe('not-bonding');
});
