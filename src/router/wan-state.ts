// What the router does with its WANs now: a pure decision from the host, the probes and the config.
import { familyOf, sameAddress } from '../base/address.ts';
import type { RouterConfig } from '../config/router.ts';
import type { LinkFact } from '../plan/link-fact.ts';
import { type DefaultRoute, ROUTE_PROTOCOL } from '../plan/step.ts';
import type { ProbePath, WanMeasurement } from '../wan/prober-spec.ts';
import { standInRoute } from '../wan/stand-in.ts';
import type { ReadyWan } from './router-plan.ts';

export interface WanState {
  /** In the order in which new flows try them: those that are dead come last, and are tried all the same. */
  readonly order: readonly ReadyWan[];
  /** Those that get an endpoint. Never empty while any WAN is ready: a dead path may be all that a flow has. */
  readonly bonded: readonly ReadyWan[];
  readonly paths: readonly ProbePath[];
  readonly standIns: readonly DefaultRoute[];
  /** By WAN name: undefined when it is well. */
  readonly troubles: ReadonlyMap<string, string | undefined>;
}

export function decideWans(
  config: RouterConfig,
  ready: readonly ReadyWan[],
  links: readonly LinkFact[],
  measurements: readonly WanMeasurement[],
): WanState {
  const dead = new Set(measurements.filter(isDead).map(({ wan }) => wan));
  const usable = ready.filter((wan) => !dead.has(wan.name));
  const isUsable = new Map(
    config.wans.map((wan) => [wan.interface, usable.some((one) => one.name === wan.name)]),
  );
  const foreign = links.map(withoutStandIns);
  return {
    order: [...usable, ...ready.filter((wan) => dead.has(wan.name))],
    bonded: usable.length > 0 ? usable : ready,
    paths: ready.flatMap((wan) => probePath(config, wan)),
    standIns: ([4, 6] as const).flatMap((family) => standInRoute(family, foreign, isUsable) ?? []),
    troubles: new Map(config.wans.map(({ name }) => [name, troubleOf(name, ready, dead)])),
  };
}

/** Down by its probes. A WAN whose probes were never answered proves nothing: UDP may be blocked there. */
function isDead({ health, hasAnswered }: WanMeasurement): boolean {
  return health === 'down' && hasAnswered;
}

function troubleOf(name: string, ready: readonly ReadyWan[], dead: ReadonlySet<string>): string | undefined {
  if (!ready.some((wan) => wan.name === name)) return 'no carrier or no usable address';
  return dead.has(name) ? 'the server does not answer over it' : undefined;
}

function withoutStandIns(link: LinkFact): LinkFact {
  return { ...link, defaultRoutes: link.defaultRoutes.filter((one) => one.protocol !== ROUTE_PROTOCOL) };
}

/** The preferred server address of which the WAN has the family. */
function probePath({ server }: RouterConfig, wan: ReadyWan): ProbePath[] {
  if (server.transport === 'direct') return [];
  for (const address of server.addresses) {
    const from = wan.sources.find((source) => familyOf(source) === familyOf(address));
    if (from) return [{ wan: wan.name, device: wan.interface, from, to: { address, port: server.port } }];
  }
  return [];
}

export function sameRoute(a: DefaultRoute, b: DefaultRoute): boolean {
  return a.family === b.family && a.device === b.device && a.gateway === b.gateway;
}

export function samePaths(a: readonly ProbePath[], b: readonly ProbePath[]): boolean {
  return (
    a.length === b.length &&
    a.every((path, i) => {
      const other = b[i] as ProbePath;
      return path.wan === other.wan && path.device === other.device && sameAddress(path.from, other.from);
    })
  );
}
