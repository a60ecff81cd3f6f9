// What the router does with its WANs now: a pure decision from the host, the probes and the config.
import type { RouterConfig } from '../../config/router.ts';
import type { LinkFact } from '../../plan/link-fact.ts';
import { type DefaultRoute, ROUTE_PROTOCOL } from '../../plan/step.ts';
import { mptcpTrouble } from '../../wan/tries/mptcp-survival.ts';
import type { ProbePath } from '../../wan/probe/probe-path.ts';
import { mergeVerdicts, type Verdict, type Verdicts } from '../../wan/role/role.ts';
import { chooseServer, type ServerChoice } from '../../wan/servers/server-choice.ts';
import { standInRoute } from '../../wan/links/stand-in.ts';
import { flowOrder, type OrderedWan } from '../policy/flow-order.ts';
import { probePaths } from './probe-paths.ts';
import type { ReadyWan } from './ready-wans.ts';
import type { BondedWan } from '../plan/router-plan.ts';
import { currentPaths, type WanFacts } from './wan-facts.ts';
import { groupWans, type WanGroups } from './wan-groups.ts';

export interface WanState {
  readonly servers: ServerChoice;
  /** As new flows try them: those that are dead come last, and are tried all the same. */
  readonly order: readonly OrderedWan[];
  /** Those that get an endpoint. Never empty while any WAN may be used: a dead path may be all that a flow has. */
  readonly bonded: readonly BondedWan[];
  readonly paths: readonly ProbePath[];
  readonly standIns: readonly DefaultRoute[];
  /** By WAN name, every one of the config: undefined when nothing is wrong with it. */
  readonly troubles: ReadonlyMap<string, Verdict | undefined>;
}

export function decideWans(config: RouterConfig, facts: WanFacts): WanState {
  const servers = chooseServer(facts.servers, facts.measurements);
  const paths = currentPaths(facts, servers);
  const groups = groupWans(facts, paths);
  const isServerAlive = servers.alive.length > 0;
  const fixedHedgeMs = config.relay.hedgeDelayMs;
  const probed = groups.ready.filter(({ name }) => facts.ranks?.has(name) ?? true);
  return {
    servers,
    order: flowOrder(facts, { groups, paths, isServerAlive, fixedHedgeMs }),
    bonded: bondedOf(groups.bondable, facts.verdicts),
    paths: probePaths(probed, facts.servers),
    standIns: standInsOf(config, facts.links, groups.leads),
    troubles: troublesOf(config, facts, [
      new Map([...groups.silent].map((name) => [name, out('the server does not answer over it')])),
      new Map([...groups.held].map(([name, reason]) => [name, out(reason)])),
      new Map(groups.unbondable.map(({ name }) => [name, out(mptcpTrouble(paths.get(name)?.mptcp) ?? '')])),
    ]),
  };
}

/** Where all would stand by, none does. */
function bondedOf(wans: WanGroups['bondable'], verdicts: Verdicts): BondedWan[] {
  const isStandby = ({ name }: ReadyWan): boolean => verdicts.get(name)?.role === 'standby';
  const hasBulk = !wans.every(isStandby);
  return wans.map((wan) => ({ ...wan, isBackup: hasBulk && isStandby(wan) }));
}

function standInsOf(
  config: RouterConfig,
  links: readonly LinkFact[],
  leads: readonly ReadyWan[],
): DefaultRoute[] {
  const isUsable = new Map(
    config.wans.map((wan) => [wan.interface, leads.some(({ name }) => name === wan.name)]),
  );
  const others = links.map(withoutStandIns);
  return ([4, 6] as const).flatMap((family) => standInRoute(family, others, isUsable) ?? []);
}

function withoutStandIns(link: LinkFact): LinkFact {
  return { ...link, defaultRoutes: link.defaultRoutes.filter((one) => one.protocol !== ROUTE_PROTOCOL) };
}

function troublesOf(
  config: RouterConfig,
  facts: WanFacts,
  probes: readonly Verdicts[],
): WanState['troubles'] {
  const links = facts.wans.flatMap(({ name, trouble }): [string, Verdict][] =>
    trouble ? [[name, out(trouble)]] : [],
  );
  const merged = mergeVerdicts([new Map(links), ...probes, facts.verdicts]);
  return new Map(config.wans.map(({ name }) => [name, merged.get(name)]));
}

function out(reason: string): Verdict {
  return { role: 'out', reason };
}
