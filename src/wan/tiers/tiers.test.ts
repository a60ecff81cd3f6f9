import { describe, expect, test } from 'vitest';
import type { Tier } from '../../config/wan.ts';
import type { Load, WanLoad } from './fullness.ts';
import { type TierDecision, type TieredWan, Tiers } from './tiers.ts';

const MBIT = 1e6;

function load(mbit = 0, capacityMbit: number | undefined = 20): WanLoad {
  const capacity = capacityMbit === undefined ? undefined : { bps: capacityMbit * MBIT, isLearned: false };
  const isFull = capacityMbit !== undefined && mbit > 0.85 * capacityMbit;
  const down: Load = { rateBps: mbit * MBIT, capacity, isFull };
  return { down, up: { rateBps: 0, capacity: undefined, isFull: false } };
}

function wan(name: string, tier: Tier, parts: Partial<TieredWan> = {}): TieredWan {
  return { wan: name, tier, tierReason: undefined, isUsable: true, load: load(), ...parts };
}

const roles = ({ verdicts }: TierDecision): Record<string, string> =>
  Object.fromEntries([...verdicts].map(([name, { role }]) => [name, role]));

/** Decides four times a second for so long, the last decision counts. */
function run(tiers: Tiers, fromMs: number, ms: number, wans: TieredWan[]): TierDecision {
  for (let passed = 0; passed < ms; passed += 250) tiers.decide(wans, fromMs + passed);
  return tiers.decide(wans, fromMs + ms);
}

test('at rest only active WANs carry, and new flows begin by tier', () => {
  const decision = new Tiers().decide(
    [wan('sat', 'backup'), wan('lte', 'overflow'), wan('old', 'off'), wan('dsl', 'active')],
    0,
  );
  expect(roles(decision)).toEqual({ sat: 'standby', lte: 'standby', old: 'out' });
  expect([...decision.ranks]).toEqual([
    ['sat', 2],
    ['lte', 1],
    ['dsl', 0],
  ]);
  expect(decision.verdicts.get('lte')?.reason).toBe('overflow, and the active WANs have room');
});

describe('overflow', () => {
  const busy = (dsl: number, lte = 0): TieredWan[] => [
    wan('dsl', 'active', { load: load(dsl) }),
    wan('lte', 'overflow', { load: load(lte) }),
  ];

  test('carries while the active WAN is full, until all of it would fit with room for some seconds', () => {
    const tiers = new Tiers();
    expect(roles(tiers.decide(busy(16), 0))).toEqual({ lte: 'standby' });
    const full = tiers.decide(busy(18), 250);
    expect(roles(full)).toEqual({});
    expect(full.overflow).toEqual({
      wans: ['lte'],
      reason: 'the active WANs are full (18mbit of 20mbit down)',
    });
    // The active WAN has room now, but only because the other one helps.
    expect(roles(run(tiers, 500, 20_000, busy(10, 9)))).toEqual({});
    // Between the two thresholds it stays as it is.
    expect(roles(run(tiers, 21_000, 20_000, busy(8, 8)))).toEqual({});
    expect(roles(run(tiers, 42_000, 2500, busy(3, 2)))).toEqual({});
    // A new burst begins the wait anew.
    tiers.decide(busy(9, 9), 45_000);
    expect(roles(run(tiers, 45_250, 2500, busy(3, 2)))).toEqual({});
    expect(roles(run(tiers, 48_000, 1000, busy(3, 2)))).toEqual({ lte: 'standby' });
    expect(roles(run(tiers, 50_000, 20_000, busy(16)))).toEqual({ lte: 'standby' });
  });

  test('goes on while a queue stands on the active WAN, whatever it is said to carry', () => {
    const tiers = new Tiers();
    const queued = load(8).down;
    const slow = { down: { ...queued, isFull: true }, up: load().up };
    const wans = [wan('dsl', 'active', { load: slow }), wan('lte', 'overflow', { load: load(4) })];
    expect(roles(run(tiers, 0, 20_000, wans))).toEqual({});
  });

  test('waits until every usable active WAN is full in one direction', () => {
    const other = (mbit: number, isUsable = true) => wan('cable', 'active', { load: load(mbit), isUsable });
    const with_ = (one: TieredWan) => roles(new Tiers().decide([...busy(19), one], 0));
    expect(with_(other(3))).toEqual({ lte: 'standby' });
    expect(with_(other(19))).toEqual({});
    expect(with_(other(3, false))).toEqual({});
  });

  test('carries while every active WAN is down', () => {
    const decision = new Tiers().decide(
      [wan('dsl', 'active', { isUsable: false }), wan('lte', 'overflow'), wan('sat', 'backup')],
      0,
    );
    expect(roles(decision)).toEqual({ sat: 'standby' });
    expect(decision.overflow).toEqual({ wans: ['lte'], reason: 'every active WAN is down' });
  });
});

describe('several overflow WANs', () => {
  const three = (dsl: number, lte: number, umts: number, isDslUsable = true): TieredWan[] => [
    wan('dsl', 'active', { load: load(dsl), isUsable: isDslUsable }),
    wan('lte', 'overflow', { load: load(lte) }),
    wan('umts', 'overflow', { load: load(umts) }),
  ];

  test('come one after the other, in the order of the config, and go so', () => {
    const tiers = new Tiers();
    const first = tiers.decide(three(18, 0, 0), 0);
    expect(roles(first)).toEqual({ umts: 'standby' });
    expect(first.verdicts.get('umts')?.reason).toBe('overflow, and those before it have room');
    expect(roles(run(tiers, 250, 10_000, three(18, 15, 0)))).toEqual({ umts: 'standby' });
    const second = tiers.decide(three(19, 19, 0), 11_000);
    expect(roles(second)).toEqual({});
    expect(second.overflow).toEqual({
      wans: ['lte', 'umts'],
      reason: 'those before it are full (38mbit of 40mbit down)',
    });
    // 25 fit into two of 20, not into one.
    expect(roles(run(tiers, 12_000, 4000, three(10, 10, 5)))).toEqual({ umts: 'standby' });
    expect(roles(run(tiers, 17_000, 20_000, three(10, 10, 0)))).toEqual({ umts: 'standby' });
    expect(roles(run(tiers, 38_000, 4000, three(5, 5, 0)))).toEqual({ lte: 'standby', umts: 'standby' });
  });

  test('go together when none is needed', () => {
    const tiers = new Tiers();
    tiers.decide(three(19, 0, 0), 0);
    expect(roles(tiers.decide(three(19, 19, 0), 1000))).toEqual({});
    expect(roles(run(tiers, 2000, 4000, three(1, 1, 1)))).toEqual({ lte: 'standby', umts: 'standby' });
  });

  test('the first one carries alone while the active one is down, until it is full', () => {
    const tiers = new Tiers();
    expect(roles(tiers.decide(three(0, 5, 0, false), 0))).toEqual({ umts: 'standby' });
    expect(roles(tiers.decide(three(0, 19, 0, false), 1000))).toEqual({});
    expect(roles(run(tiers, 2000, 4000, three(0, 5, 2, false)))).toEqual({ umts: 'standby' });
    expect(roles(tiers.decide(three(5, 2, 0), 7000))).toEqual({ lte: 'standby', umts: 'standby' });
  });
});

test('backup carries while all active and overflow WANs are down, and not a moment longer', () => {
  const tiers = new Tiers();
  const at = (dsl: boolean, lte: boolean) =>
    roles(
      tiers.decide(
        [
          wan('dsl', 'active', { isUsable: dsl }),
          wan('lte', 'overflow', { isUsable: lte }),
          wan('sat', 'backup'),
        ],
        0,
      ),
    );
  expect(at(false, true)).toEqual({ sat: 'standby' });
  expect(at(false, false)).toEqual({});
  expect(at(true, false)).toEqual({ lte: 'standby', sat: 'standby' });
});

test('a verdict says by whom the tier was changed', () => {
  const { verdicts } = new Tiers().decide(
    [wan('dsl', 'active'), wan('lte', 'off', { tierReason: 'by hand' })],
    0,
  );
  expect(verdicts.get('lte')).toEqual({ role: 'out', reason: 'off: by hand' });
});
