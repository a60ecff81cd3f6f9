// What the router does with its WANs now: a pure decision from the host, the probes and the config.
import { familyOf } from '../base/address.ts';
import type { RouterConfig } from '../config/router.ts';
import type { LinkFact } from '../plan/link-fact.ts';
import { type DefaultRoute, ROUTE_PROTOCOL } from '../plan/step.ts';
import { type InitialChoice, type InitialFacts, initialOrder } from '../wan/initial-order.ts';
import { type KnownServer, upstreamFamilies } from '../wan/known-servers.ts';
import { canBegin, canJoin, mptcpTrouble } from '../wan/mptcp-survival.ts';
import type { WanLink } from '../wan/links.ts';
import { type PathMeasurement, type ProbePath, sameProbePath } from '../wan/prober-spec.ts';
import { mergeVerdicts, type Verdict, type Verdicts } from '../wan/role.ts';
import { chooseServer, isDead, type ServerChoice } from '../wan/server-choice.ts';
import { standInRoute } from '../wan/stand-in.ts';
import { type ReadyWan, readyWans } from './ready-wans.ts';
import type { BondedWan } from './router-plan.ts';

export interface WanFacts {
  readonly wans: readonly WanLink[];
  /** Of the whole host: default routes lie on other links too. */
  readonly links: readonly LinkFact[];
  readonly servers: readonly KnownServer[];
  readonly measurements: readonly PathMeasurement[];
  /** What speaks against a WAN besides its link and its probes. */
  readonly verdicts: Verdicts;
  /** WANs whose link keeps failing, and why: they are used while no steady one is alive. See FlapHold. */
  readonly held?: ReadonlyMap<string, string>;
  /** By tier, see TierDecision; all are equal when not given. A WAN without a rank is off: it is not even probed. */
  readonly ranks?: ReadonlyMap<string, number>;
  /** What a WAN can carry; undefined while nobody knows. */
  readonly rateBps?: (wan: string) => number | undefined;
}

export interface OrderedWan extends ReadyWan, InitialChoice {
  /** The server does not answer over it. */
  readonly isSilent: boolean;
}

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

// Far enough from each other for every tier there is.
const DEAD_RANK = 200;
const HELD_RANK = 150;
const PLAIN_RANK = 100;
const TIER_RANK = 10;

export function decideWans(config: RouterConfig, facts: WanFacts): WanState {
  const { measurements, servers } = facts;
  const ready = readyWans(facts.wans, upstreamFamilies(servers));
  const choice = chooseServer(servers, measurements);
  const pathOf = (name: string): PathMeasurement | undefined =>
    measurements.find((one) => one.wan === name && one.server === choice.current?.label);
  const silent = new Set(
    measurements
      .filter(isDead)
      .filter((path) => pathOf(path.wan) === path)
      .map(({ wan }) => wan),
  );
  const allowed = ready.filter(({ name }) => facts.verdicts.get(name)?.role !== 'out');
  const answering = allowed.filter(({ name }) => !silent.has(name));
  const steady = answering.filter(({ name }) => !facts.held?.has(name));
  const alive = steady.length > 0 ? steady : answering;
  const held = new Map([...(facts.held ?? [])].filter(([name]) => !alive.some((one) => one.name === name)));
  const tierOf = (name: string): number => facts.ranks?.get(name) ?? 0;
  // What is not carried goes by tier too: over a lower one only while no better one is there.
  const best = Math.min(...alive.map(({ name }) => tierOf(name)));
  const leads = alive.filter(({ name }) => tierOf(name) === best);
  const isUsable = new Map(
    config.wans.map((wan) => [wan.interface, leads.some((one) => one.name === wan.name)]),
  );
  const isUnbondable = ({ name }: ReadyWan): boolean => {
    const survival = pathOf(name)?.mptcp;
    return !canBegin(survival) && !canJoin(survival);
  };
  const bondable = alive.filter((wan) => !isUnbondable(wan));
  // Where no WAN can be bonded, the endpoints do no harm either.
  const used = [bondable, alive].find((wans) => wans.length > 0) ?? allowed;
  const unbondable = new Set(alive.filter((wan) => !used.includes(wan)).map(({ name }) => name));
  // Without a server all flows are plain, over whatever WAN.
  const beginsPlain = (name: string): boolean => choice.alive.length > 0 && !canBegin(pathOf(name)?.mptcp);
  // Rates that are known of some only cannot be compared.
  const hasRates = used.every(({ name }) => facts.rateBps?.(name) !== undefined);
  const isBackup = (name: string): boolean => facts.verdicts.get(name)?.role === 'standby';
  return {
    servers: choice,
    order: orderOf(
      allowed,
      ({ name }) => ({
        name,
        path: pathOf(name),
        // A dead WAN of a good tier comes after a live one of any, and so does one that flaps, or whose flows would stay
        // on it alone; among equals standby ones come last.
        rank:
          (silent.has(name) ? DEAD_RANK : held.has(name) ? HELD_RANK : beginsPlain(name) ? PLAIN_RANK : 0) +
          TIER_RANK * tierOf(name) +
          (isBackup(name) ? 1 : 0),
        weight: hasRates ? (facts.rateBps?.(name) ?? 1) : 1,
      }),
      config.relay.hedgeDelayMs,
    ).map((one) => ({ ...one, isSilent: silent.has(one.name) })),
    bonded: bondedOf(used, isBackup),
    paths: ready
      .filter(({ name }) => facts.ranks?.has(name) ?? true)
      .flatMap((wan) => servers.flatMap((server) => probePath(server, wan))),
    standIns: ([4, 6] as const).flatMap(
      (family) => standInRoute(family, facts.links.map(withoutStandIns), isUsable) ?? [],
    ),
    troubles: troublesOf(config, facts, [
      new Map([...silent].map((name) => [name, SILENT])),
      new Map([...held].map(([name, reason]): [string, Verdict] => [name, { role: 'out', reason }])),
      new Map([...unbondable].map((name) => [name, unbondableVerdict(pathOf(name))])),
    ]),
  };
}

/** Where all would stand by, none does. */
function bondedOf(wans: readonly ReadyWan[], isBackup: (name: string) => boolean): BondedWan[] {
  const hasBulk = wans.some(({ name }) => !isBackup(name));
  return wans.map((wan) => ({ ...wan, isBackup: hasBulk && isBackup(wan.name) }));
}

function orderOf(
  wans: readonly ReadyWan[],
  judge: (wan: ReadyWan) => InitialFacts,
  fixedHedgeMs: number | undefined,
): (ReadyWan & InitialChoice)[] {
  return initialOrder(wans.map(judge), fixedHedgeMs).flatMap((choice) => {
    const wan = wans.find(({ name }) => name === choice.name);
    return wan ? [{ ...wan, ...choice }] : [];
  });
}

const SILENT: Verdict = { role: 'out', reason: 'the server does not answer over it' };

function unbondableVerdict(path: PathMeasurement | undefined): Verdict {
  return { role: 'out', reason: mptcpTrouble(path?.mptcp) ?? '' };
}

function troublesOf(
  config: RouterConfig,
  facts: WanFacts,
  probes: readonly Verdicts[],
): WanState['troubles'] {
  const links = facts.wans.flatMap(({ name, trouble }): [string, Verdict][] =>
    trouble ? [[name, { role: 'out', reason: trouble }]] : [],
  );
  const merged = mergeVerdicts([new Map(links), ...probes, facts.verdicts]);
  return new Map(config.wans.map(({ name }) => [name, merged.get(name)]));
}

function withoutStandIns(link: LinkFact): LinkFact {
  return { ...link, defaultRoutes: link.defaultRoutes.filter((one) => one.protocol !== ROUTE_PROTOCOL) };
}

/** To the preferred address of which the WAN has the family. */
function probePath(server: KnownServer, wan: ReadyWan): ProbePath[] {
  for (const address of server.addresses) {
    const from = wan.sources.find((source) => familyOf(source) === familyOf(address));
    if (!from) continue;
    const { label, id: serverId, keyId, key } = server;
    const to = { address, port: server.port };
    return [{ wan: wan.name, device: wan.interface, from, to, server: { label, serverId, keyId, key } }];
  }
  return [];
}

export function sameRoute(a: DefaultRoute, b: DefaultRoute): boolean {
  return a.family === b.family && a.device === b.device && a.gateway === b.gateway;
}

export function samePaths(a: readonly ProbePath[], b: readonly ProbePath[]): boolean {
  return a.length === b.length && a.every((path, i) => sameProbePath(path, b[i] as ProbePath));
}
