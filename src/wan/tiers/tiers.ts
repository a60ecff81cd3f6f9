// Who carries by tier: active WANs always, overflow ones while the active ones are full or down, one after the other in
// the order of the config, backup ones while all others are down. A pure state machine, fed with what the WANs do and
// the time.
//
// The kernel itself uses a standby subflow when no other is usable, so live flows need nobody to wait for. New flows
// begin by rank: active, overflow, backup; never on a WAN that is off.
import { formatRate } from '../../base/units.ts';
import type { Tier, WanConfig } from '../../config/wan.ts';
import { DIRECTIONS, type Direction, type Load, type WanLoad } from './fullness.ts';
import type { Verdict, Verdicts } from '../role/role.ts';

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
  /** The overflow WANs that carry now, and why the last of them does; undefined while none does. */
  readonly overflow: { readonly wans: readonly string[]; readonly reason: string } | undefined;
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
  /** So many of the overflow WANs, the first ones of those that are usable, carry because others were full. */
  private opened = 0;
  private reason = '';
  private fitsSinceMs: number | undefined;

  decide(wans: readonly TieredWan[], nowMs: number): TierDecision {
    const usable = wans.filter(({ isUsable }) => isUsable);
    const active = usable.filter(({ tier }) => tier === 'active');
    const overflow = usable.filter(({ tier }) => tier === 'overflow');
    const carrying = this.open(active, overflow, nowMs);
    const overflowing = new Set(carrying.map(({ wan }) => wan));
    const isNobodyUp = active.length + overflow.length === 0;
    const verdicts = new Map<string, Verdict>();
    for (const one of wans) {
      const verdict = verdictOf(one, overflowing, isNobodyUp);
      if (verdict) verdicts.set(one.wan, verdict);
    }
    const reason = this.opened === 0 ? 'every active WAN is down' : this.reason;
    return {
      verdicts,
      ranks: ranksOf(wans),
      overflow: carrying.length === 0 ? undefined : { wans: [...overflowing], reason },
    };
  }

  /** The overflow WANs that carry from now on. */
  private open(active: readonly TieredWan[], overflow: readonly TieredWan[], nowMs: number): TieredWan[] {
    const least = active.length === 0 ? 1 : 0;
    // Those that are not there do not count as open when they return.
    this.opened = Math.min(this.opened, overflow.length);
    const count = Math.max(this.opened, least);
    const carrying = [...active, ...overflow.slice(0, count)];
    const full = DIRECTIONS.find((direction) => isFull(carrying, direction));
    if (full && count < overflow.length) {
      this.opened = count + 1;
      this.reason = `${count === 0 ? 'the active WANs' : 'those before it'} are full (${useOf(carrying, full)})`;
      this.fitsSinceMs = undefined;
    } else {
      this.close(active, overflow, nowMs);
    }
    return overflow.slice(0, Math.max(this.opened, least));
  }

  /** As many as are not needed, once that has been so for a while. */
  private close(active: readonly TieredWan[], overflow: readonly TieredWan[], nowMs: number): void {
    const all = [...active, ...overflow];
    const wouldDo = (count: number): boolean => {
      const some = [...active, ...overflow.slice(0, count)];
      // The first one carries without being opened while every active WAN is down.
      if (some.length === 0) return true;
      return DIRECTIONS.every((direction) => !isFull(some, direction) && wouldFit(some, all, direction));
    };
    if (this.opened === 0 || !wouldDo(this.opened - 1)) {
      this.fitsSinceMs = undefined;
      return;
    }
    this.fitsSinceMs ??= nowMs;
    if (nowMs - this.fitsSinceMs < ROOM_MS) return;
    while (this.opened > 0 && wouldDo(this.opened - 1)) this.opened--;
    this.fitsSinceMs = undefined;
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

function isFull(carrying: readonly TieredWan[], direction: Direction): boolean {
  return carrying.length > 0 && carrying.every(({ load }) => load[direction].isFull);
}

/** What `all` carry, into `some` of them. A direction whose capacity is not known has never been full. */
function wouldFit(some: readonly TieredWan[], all: readonly TieredWan[], direction: Direction): boolean {
  const capacities = some.map(({ load }) => load[direction].capacity?.bps);
  if (capacities.includes(undefined)) return true;
  return sumOf(all, direction) < ROOM_RATIO * total(capacities);
}

function sumOf(wans: readonly TieredWan[], direction: Direction): number {
  return total(wans.map(({ load }) => load[direction].rateBps));
}

function total(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function useOf(wans: readonly TieredWan[], direction: Direction): string {
  const capacities = wans.map(({ load }) => load[direction].capacity?.bps);
  const whole = capacities.includes(undefined) ? '' : ` of ${roughly(total(capacities))}`;
  return `${roughly(sumOf(wans, direction))}${whole} ${direction}`;
}

// Three digits are enough for people, and a log line that stays the same is written once.
const roughly = (bps: number): string => formatRate(Number(bps.toPrecision(3)));

function verdictOf(
  { wan, tier, tierReason }: TieredWan,
  overflowing: ReadonlySet<string>,
  isNobodyUp: boolean,
): Verdict | undefined {
  const because = (what: string): string => (tierReason === undefined ? what : `${what}: ${tierReason}`);
  if (tier === 'off') return { role: 'out', reason: because('off') };
  if (tier === 'overflow' && !overflowing.has(wan) && !isNobodyUp) {
    const who = overflowing.size === 0 ? 'the active WANs' : 'those before it';
    return { role: 'standby', reason: because(`overflow, and ${who} have room`) };
  }
  if (tier === 'backup' && !isNobodyUp) {
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
