// Groups the WANs by what their links and probes say: who is alive, who gets an endpoint, who leads.
import { upstreamFamilies } from '../../wan/servers/known-servers.ts';
import { canBegin, canJoin } from '../../wan/tries/mptcp-survival.ts';
import type { PathMeasurement } from '../../wan/probe/probe-path.ts';
import { isDead } from '../../wan/servers/server-choice.ts';
import { type ReadyWan, readyWans } from './ready-wans.ts';
import { tellTwins } from './twin-wans.ts';
import { tierRank, type WanFacts } from './wan-facts.ts';

export interface WanGroups {
  /** Up, with an address. */
  readonly ready: readonly ReadyWan[];
  /** Those of them that no verdict keeps out. */
  readonly allowed: readonly ReadyWan[];
  /** The server does not answer over them. */
  readonly silent: ReadonlySet<string>;
  /** Flapping ones, and those with the address of another, that are not used now, and why. */
  readonly held: ReadonlyMap<string, string>;
  /** Of those that are alive, the best tier: what is not carried goes over a lower one only without them. */
  readonly leads: readonly ReadyWan[];
  /** Those that get an endpoint. Never empty while any is allowed: a dead path may be all that a flow has. */
  readonly bondable: readonly ReadyWan[];
  /** Alive, and left out because their path takes MPTCP away. */
  readonly unbondable: readonly ReadyWan[];
}

/** @param paths to the server that is used, by WAN name */
export function groupWans(facts: WanFacts, paths: ReadonlyMap<string, PathMeasurement>): WanGroups {
  const ready = readyWans(facts.wans, upstreamFamilies(facts.servers));
  const silent = new Set([...paths.values()].filter(isDead).map(({ wan }) => wan));
  const allowed = ready.filter(({ name }) => facts.verdicts.get(name)?.role !== 'out');
  const answering = allowed.filter(({ name }) => !silent.has(name));
  const steady = answering.filter(({ name }) => !facts.held?.has(name));
  const { apart: alive, twins } = tellTwins(steady.length > 0 ? steady : answering);
  const keepsMptcp = alive.filter(({ name }) => {
    const survival = paths.get(name)?.mptcp;
    return canBegin(survival) || canJoin(survival);
  });
  // Where no WAN can be bonded, the endpoints do no harm either.
  const bondable = [keepsMptcp, alive].find((wans) => wans.length > 0) ?? tellTwins(allowed).apart;
  const best = Math.min(...alive.map(({ name }) => tierRank(facts, name)));
  return {
    ready,
    allowed,
    silent,
    held: new Map(
      [...twins, ...(facts.held ?? [])].filter(([name]) => !alive.some((one) => one.name === name)),
    ),
    leads: alive.filter(({ name }) => tierRank(facts, name) === best),
    bondable,
    unbondable: alive.filter((wan) => !bondable.includes(wan)),
  };
}
