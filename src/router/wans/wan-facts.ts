// All that the decision about the WANs is made of, besides the config.
import type { LinkFact } from '../../plan/link-fact.ts';
import type { KnownServer } from '../../wan/servers/known-servers.ts';
import type { WanLink } from '../../wan/links/links.ts';
import type { PathMeasurement } from '../../wan/probe/probe-path.ts';
import type { Verdicts } from '../../wan/role/role.ts';
import type { ServerChoice } from '../../wan/servers/server-choice.ts';

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

/** The paths to the server by whose answers the WANs are judged, by WAN name. */
export function currentPaths(
  { measurements }: Pick<WanFacts, 'measurements'>,
  { current }: ServerChoice,
): ReadonlyMap<string, PathMeasurement> {
  const paths = measurements.filter(({ server }) => server === current?.label);
  return new Map(paths.map((path) => [path.wan, path]));
}

export function tierRank({ ranks }: Pick<WanFacts, 'ranks'>, wan: string): number {
  return ranks?.get(wan) ?? 0;
}
