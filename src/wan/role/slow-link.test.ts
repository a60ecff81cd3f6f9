import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LinkSample, type SlowLinkDecision, SlowLinks } from './slow-link.ts';

function link(wan: string, baseRttMs: number | undefined, lossRatio = 0, lossProbes = 100): LinkSample {
  return { wan, baseRttMs, lossRatio, lossProbes, rateBps: undefined };
}

/** Decides once a second. */
class Run {
  private readonly links: SlowLinks;
  private nowMs = 0;

  constructor(bearsLoss = true) {
    this.links = new SlowLinks({ bearsLoss });
  }

  for(seconds: number, ...samples: readonly LinkSample[]): SlowLinkDecision {
    let decision: SlowLinkDecision | undefined;
    for (let i = 0; i < seconds; i++, this.nowMs += 1000) decision = this.links.observe(this.nowMs, samples);
    return decision as SlowLinkDecision;
  }
}

const DSL = link('dsl', 20);
const reasons = ({ verdicts }: SlowLinkDecision) =>
  Object.fromEntries([...verdicts].map(([wan, { reason }]) => [wan, reason]));

describe('a WAN with a long round trip', () => {
  test('stands by beside a quick one, soon after it is known, and says why', () => {
    const { verdicts } = new Run().for(4, DSL, link('sat', 700));
    expect([...verdicts]).toEqual([
      ['sat', { role: 'standby', reason: '700 ms round trip against 20 ms of dsl' }],
    ]);
  });

  test('stays among its like, and alone', () => {
    expect(reasons(new Run().for(60, link('sat', 700), link('leo', 400)))).toEqual({});
    expect(reasons(new Run().for(60, link('sat', 700)))).toEqual({});
  });

  test('stays when it does no harm, however quick the others are', () => {
    expect(reasons(new Run().for(60, link('fibre', 2), link('lte', 80), link('dsl', 250)))).toEqual({});
  });

  test('has the others stand by when it is most of what there is, by the rates that were given', () => {
    const [dsl, sat] = [
      { ...DSL, rateBps: 5e6 },
      { ...link('sat', 700), rateBps: 50e6 },
    ];
    expect(reasons(new Run().for(60, dsl, sat))).toEqual({
      dsl: '5 Mbit/s beside 50 Mbit/s of sat with its 700 ms round trip',
    });
    expect(reasons(new Run().for(60, DSL, sat))).not.toEqual({});
    expect(Object.keys(reasons(new Run().for(60, dsl, { ...sat, rateBps: 8e6 })))).toEqual(['sat']);
  });

  test('comes back when the path got better, and waits longer after a relapse', () => {
    const run = new Run();
    run.for(10, DSL, link('lte', 700));
    expect(reasons(run.for(10, DSL, link('lte', 50)))).not.toEqual({});
    expect(reasons(run.for(10, DSL, link('lte', 50)))).toEqual({});
    run.for(5, DSL, link('lte', 700));
    expect(reasons(run.for(20, DSL, link('lte', 50)))).not.toEqual({});
    expect(reasons(run.for(20, DSL, link('lte', 50)))).toEqual({});
  });

  test('is in bulk at once when the quick one is gone', () => {
    const run = new Run();
    run.for(10, DSL, link('sat', 700));
    expect(reasons(run.for(1, link('sat', 700)))).toEqual({});
  });

  test('that falls and rises is still not let in', () => {
    const run = new Run();
    run.for(10, DSL, link('sat', 700));
    run.for(5, DSL);
    expect(reasons(run.for(1, DSL, link('sat', undefined)))).not.toEqual({});
  });

  test('of which nothing is known yet is not judged', () => {
    expect(reasons(new Run().for(20, DSL, link('new', undefined, undefined, 0)))).toEqual({});
  });
});

describe('a WAN that loses packets', () => {
  test('asks for a congestion control that bears it, and stays', () => {
    const decision = new Run().for(10, DSL, link('wifi', 30, 0.1));
    expect(decision.isLossy).toBe(true);
    expect(reasons(decision)).toEqual({});
  });

  test('stands by where there is none, or where it loses too much for any', () => {
    expect(reasons(new Run(false).for(10, DSL, link('wifi', 30, 0.1)))).toEqual({
      wifi: '10 % of the probes are lost',
    });
    const decision = new Run().for(10, DSL, link('wifi', 30, 0.5));
    expect(reasons(decision)).toEqual({ wifi: '50 % of the probes are lost' });
    expect(decision.isLossy).toBe(false);
  });

  test('is not called so for one lost probe, or for one in a hundred', () => {
    expect(new Run().for(10, DSL, link('wifi', 30, 1 / 20, 20)).isLossy).toBe(false);
    expect(new Run().for(10, DSL, link('wifi', 30, 0.01, 200)).isLossy).toBe(false);
  });

  test('is no measure for others: the slow one stays with it', () => {
    expect(reasons(new Run().for(10, link('wifi', 20, 0.5), link('sat', 700)))).toEqual({
      wifi: '50 % of the probes are lost',
    });
  });

  test('stays where all do', () => {
    expect(reasons(new Run().for(10, link('a', 20, 0.5), link('b', 30, 0.6)))).toEqual({});
  });
});

test('whatever the links do, one of them is in bulk', () => {
  const sample = fc.record({
    rttMs: fc.constantFrom(undefined, 5, 20, 60, 400, 700, 2000),
    lossRatio: fc.constantFrom(0, 0.02, 0.1, 0.4, 1),
    isThere: fc.boolean(),
  });
  const spells = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 40 }), fc.array(sample, { minLength: 1, maxLength: 4 })),
    {
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(spells, fc.boolean(), (parts, bearsLoss) => {
      const run = new Run(bearsLoss);
      for (const [seconds, all] of parts) {
        const there = all.flatMap(({ rttMs, lossRatio, isThere }, i) =>
          isThere ? [link(`wan${i}`, rttMs, lossRatio)] : [],
        );
        if (there.length === 0) continue;
        for (let i = 0; i < seconds; i++) {
          const { verdicts } = run.for(1, ...there);
          expect(there.every(({ wan }) => verdicts.has(wan))).toBe(false);
        }
      }
    }),
  );
});
