// Who carries by tier: active WANs always, overflow ones while the active ones are full or down, backup ones while all
// others are down. A pure state machine, fed with what the WANs do and the time.
//
// The kernel itself uses a standby subflow when no other is usable, so live flows need nobody to wait for. New flows
// begin by rank: active, overflow, backup; never on a WAN that is off.
import { formatRate } from '../base/units.ts';
import type { Tier, WanConfig } from '../config/wan.ts';
import { DIRECTIONS, type Direction, type Load, type WanLoad } from './fullness.ts';
import type { Verdict, Verdicts } from './role.ts';

export interface TieredWan {
  readonly wan: string;
  /** The one in force: of the config, a cap or an override. */
  readonly tier: Tier;
  /** Why it is not the one of the config; undefined when it is. */
  readonly tierReason: string | undefined;
  /** It could carry: carrier, address, and the server answers. */
  readonly isUsable: boolean;
  readonly load: WanLoad;
}

export interface TierDecision {
  readonly verdicts: Verdicts;
  /** The lower the sooner new flows begin there; a WAN that is off has none. */
  readonly ranks: ReadonlyMap<string, number>;
  /** Why overflow WANs carry now; undefined while they do not. */
  readonly overflowing: string | undefined;
}

const RANKS: Readonly<Record<Tier, number | undefined>> = {
  active: 0,
  overflow: 1,
  backup: 2,
  off: undefined,
};
// Overflow ends when everything would fit into the active WANs with this much room: clearly below where it begins.
const ROOM_RATIO = 0.7;
// And has done so for this long: a pause between two films' pieces is no end.
const ROOM_MS = 3000;

export class Tiers {
  private overflowing: string | undefined;
  private fitsSinceMs: number | undefined;

  decide(wans: readonly TieredWan[], nowMs: number): TierDecision {
    const usable = wans.filter(({ isUsable }) => isUsable);
    const active = usable.filter(({ tier }) => tier === 'active');
    const overflow = usable.filter(({ tier }) => tier === 'overflow');
    this.watchFullness(active, overflow, nowMs);
    const overflowing = active.length === 0 ? 'every active WAN is down' : this.overflowing;
    const isBackupNeeded = active.length + overflow.length === 0;
    const verdicts = new Map<string, Verdict>();
    for (const one of wans) {
      const verdict = verdictOf(one, overflowing !== undefined, isBackupNeeded);
      if (verdict) verdicts.set(one.wan, verdict);
    }
    return { verdicts, ranks: ranksOf(wans), overflowing };
  }

  private watchFullness(active: readonly TieredWan[], overflow: readonly TieredWan[], nowMs: number): void {
    const full = DIRECTIONS.find((direction) => isFull(active, direction));
    if (full) {
      this.overflowing = `the active WANs are full (${useOf(active, full)})`;
      this.fitsSinceMs = undefined;
      return;
    }
    if (this.overflowing === undefined) return;
    const fits = DIRECTIONS.every((direction) => wouldFit(active, overflow, direction));
    this.fitsSinceMs = fits ? (this.fitsSinceMs ?? nowMs) : undefined;
    if (this.fitsSinceMs !== undefined && nowMs - this.fitsSinceMs >= ROOM_MS) {
      this.overflowing = undefined;
      this.fitsSinceMs = undefined;
    }
  }
}

const NO_LOAD: Load = { rateBps: undefined, capacity: undefined, isFull: false };

/** By the config alone, while nothing is known of the links. */
export function tiersByConfig(wans: readonly WanConfig[]): TierDecision {
  const load = { down: NO_LOAD, up: NO_LOAD };
  const tiered = wans.map(({ name, tier }) => ({
    wan: name,
    tier,
    tierReason: undefined,
    isUsable: true,
    load,
  }));
  return new Tiers().decide(tiered, 0);
}

function isFull(active: readonly TieredWan[], direction: Direction): boolean {
  return active.length > 0 && active.every(({ load }) => load[direction].isFull);
}

/** A direction whose capacity is not known has never been full. */
function wouldFit(
  active: readonly TieredWan[],
  overflow: readonly TieredWan[],
  direction: Direction,
): boolean {
  const capacities = active.map(({ load }) => load[direction].capacity?.bps);
  if (capacities.includes(undefined)) return true;
  return sumOf([...active, ...overflow], direction) < ROOM_RATIO * total(capacities);
}

function sumOf(wans: readonly TieredWan[], direction: Direction): number {
  return total(wans.map(({ load }) => load[direction].rateBps));
}

function total(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function useOf(active: readonly TieredWan[], direction: Direction): string {
  const capacities = active.map(({ load }) => load[direction].capacity?.bps);
  const whole = capacities.includes(undefined) ? '' : ` of ${roughly(total(capacities))}`;
  return `${roughly(sumOf(active, direction))}${whole} ${direction}`;
}

// Three digits are enough for people, and a log line that stays the same is written once.
const roughly = (bps: number): string => formatRate(Number(bps.toPrecision(3)));

function verdictOf(
  { tier, tierReason }: TieredWan,
  isOverflowing: boolean,
  isBackupNeeded: boolean,
): Verdict | undefined {
  const because = (what: string): string => (tierReason === undefined ? what : `${what}: ${tierReason}`);
  if (tier === 'off') return { role: 'out', reason: because('off') };
  if (tier === 'overflow' && !isOverflowing) {
    return { role: 'standby', reason: because('overflow, and the active WANs have room') };
  }
  if (tier === 'backup' && !isBackupNeeded) {
    return { role: 'standby', reason: because('backup, and others are up') };
  }
  return undefined;
}

function ranksOf(wans: readonly TieredWan[]): Map<string, number> {
  return new Map(
    wans.flatMap(({ wan, tier }): [string, number][] => {
      const rank = RANKS[tier];
      return rank === undefined ? [] : [[wan, rank]];
    }),
  );
}
