// What a WAN is to the bond, and the verdicts that decide it. Each concern (health, tier, slowness) judges by itself;
// the most careful one counts.

/**
 * `bulk`: its subflows carry data. `standby`: they are there as backup (RFC 8684, MP_PRIO) and carry data only while no
 * bulk WAN does. `out`: it has no endpoint, so running flows lose their subflow at once.
 */
export type WanRole = 'bulk' | 'standby' | 'out';

export interface Verdict {
  readonly role: WanRole;
  /** For `status` and the log: why it is not `bulk`. */
  readonly reason: string;
}

/** By WAN name; a WAN that is missing has nothing against it. */
export type Verdicts = ReadonlyMap<string, Verdict>;

const CAREFUL: readonly WanRole[] = ['bulk', 'standby', 'out'];

/** Whether two give every WAN the same role, whatever their reasons. */
export function sameRoles(a: Verdicts, b: Verdicts): boolean {
  return a.size === b.size && [...a].every(([wan, { role }]) => b.get(wan)?.role === role);
}

/** The most careful verdict of each WAN; among equals the first one's reason. */
export function mergeVerdicts(all: readonly Verdicts[]): Verdicts {
  const merged = new Map<string, Verdict>();
  for (const [wan, verdict] of all.flatMap((one) => [...one])) {
    const before = merged.get(wan);
    if (!before || CAREFUL.indexOf(verdict.role) > CAREFUL.indexOf(before.role)) merged.set(wan, verdict);
  }
  return merged;
}
