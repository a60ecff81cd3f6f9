// Which endpoints stood through an outage: their subflows are still there, but TCP sends on them again only when its
// time-out, doubled with every try, is over; that may be as far away as the outage was long.
import type { EndpointUndo } from '../../plan/step.ts';

// After a shorter outage the time-out is over before a new subflow would have gathered speed.
const WORN_AFTER_MS = 1000;

export class WornEndpoints {
  /** Since when the WAN below does not carry, by endpoint. */
  private readonly sinceMs = new Map<string, number>();

  /**
   * Those of `made` whose WAN carries again after an outage that was long enough; each is told once.
   *
   * @param carries whether the WAN of a device is well now
   */
  observe(
    made: readonly EndpointUndo[],
    carries: (device: string) => boolean,
    nowMs: number,
  ): readonly EndpointUndo[] {
    const keys = new Set(made.map(keyOf));
    for (const key of this.sinceMs.keys()) if (!keys.has(key)) this.sinceMs.delete(key);
    return made.filter((one) => {
      const key = keyOf(one);
      const sinceMs = this.sinceMs.get(key);
      if (carries(one.device)) this.sinceMs.delete(key);
      else this.sinceMs.set(key, sinceMs ?? nowMs);
      return carries(one.device) && sinceMs !== undefined && nowMs - sinceMs >= WORN_AFTER_MS;
    });
  }
}

function keyOf({ id, address, device }: EndpointUndo): string {
  return `${id} ${address} ${device}`;
}
