// In which order new flows try the WANs: by what is wrong with each, then by tier, then by what the probes measure.
import { type InitialChoice, initialOrder } from '../../wan/role/initial-order.ts';
import { canBegin } from '../../wan/tries/mptcp-survival.ts';
import type { PathMeasurement } from '../../wan/probe/probe-path.ts';
import type { ReadyWan } from '../wans/ready-wans.ts';
import { tierRank, type WanFacts } from '../wans/wan-facts.ts';
import type { WanGroups } from '../wans/wan-groups.ts';

export interface OrderedWan extends ReadyWan, InitialChoice {
  /** The server does not answer over it. */
  readonly isSilent: boolean;
}

export interface FlowOrderView {
  readonly groups: WanGroups;
  /** To the server that is used, by WAN name. */
  readonly paths: ReadonlyMap<string, PathMeasurement>;
  readonly isServerAlive: boolean;
  /** Of the config; undefined derives it from each WAN's round trip. */
  readonly fixedHedgeMs: number | undefined;
}

// A dead WAN of a good tier comes after a live one of any, and so does one that flaps, or whose flows would stay on it
// alone; among equals standby ones come last. Far enough from each other for every tier there is.
const DEAD_RANK = 200;
const HELD_RANK = 150;
const PLAIN_RANK = 100;
const TIER_RANK = 10;
const STANDBY_RANK = 1;

export function flowOrder(facts: WanFacts, view: FlowOrderView): OrderedWan[] {
  const { allowed, silent, bondable } = view.groups;
  // Rates that are known of some only cannot be compared.
  const hasRates = bondable.every(({ name }) => facts.rateBps?.(name) !== undefined);
  const judged = allowed.map(({ name }) => ({
    name,
    path: view.paths.get(name),
    rank:
      troubleRank(name, view) +
      TIER_RANK * tierRank(facts, name) +
      (facts.verdicts.get(name)?.role === 'standby' ? STANDBY_RANK : 0),
    weight: hasRates ? (facts.rateBps?.(name) ?? 1) : 1,
  }));
  return initialOrder(judged, view.fixedHedgeMs).flatMap((choice) => {
    const wan = allowed.find(({ name }) => name === choice.name);
    return wan ? [{ ...wan, ...choice, isSilent: silent.has(wan.name) }] : [];
  });
}

function troubleRank(name: string, { groups, paths, isServerAlive }: FlowOrderView): number {
  if (groups.silent.has(name)) return DEAD_RANK;
  if (groups.held.has(name)) return HELD_RANK;
  // Without a server all flows are plain, over whatever WAN.
  return isServerAlive && !canBegin(paths.get(name)?.mptcp) ? PLAIN_RANK : 0;
}
