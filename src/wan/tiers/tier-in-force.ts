// Which tier counts for a WAN: an override by hand before a used-up cap before the config.
import { formatVolume } from '../../base/units.ts';
import { type MonthlyCap, type Tier, TIERS } from '../../config/wan.ts';

export interface TierInForce {
  readonly tier: Tier;
  /** Why it is not the one of the config; undefined when it is. */
  readonly reason: string | undefined;
}

export type CapState = 'within' | 'warn' | 'past';

export function capState(cap: MonthlyCap, usedBytes: number): CapState {
  if (usedBytes >= cap.bytes) return 'past';
  return usedBytes >= cap.bytes * cap.warnRatio ? 'warn' : 'within';
}

/** @param usedBytes of this month, both directions. */
export function tierInForce(
  configured: Tier,
  cap: MonthlyCap | undefined,
  usedBytes: number,
  override: Tier | undefined,
): TierInForce {
  if (override !== undefined) return { tier: override, reason: 'by hand' };
  const isPast = cap !== undefined && capState(cap, usedBytes) === 'past';
  // A WAN that is backup or off anyway does not come nearer by its cap.
  if (!isPast || TIERS.indexOf(configured) >= TIERS.indexOf(cap.past)) {
    return { tier: configured, reason: undefined };
  }
  return { tier: cap.past, reason: `its ${formatVolume(cap.bytes)} of this month are used up` };
}
