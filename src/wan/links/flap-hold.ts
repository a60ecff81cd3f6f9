// A link that keeps going up and down does more harm than good: whatever is sent over it is lost a moment later, and its
// bytes hold up those of the other WANs. After each loss within a minute it has to stay up for longer before it is used.

export interface SeenLink {
  readonly name: string;
  readonly isUp: boolean;
}

interface Seen {
  isUp: boolean;
  readonly lossesMs: number[];
  /** It is not used before. */
  heldUntilMs: number;
  holdMs: number;
}

const MEMORY_MS = 60_000;
// A plug that was moved, or a modem that dials again: it may come back at once.
const FREE_LOSSES = 2;
const FIRST_HOLD_MS = 1000;
const MAX_HOLD_MS = 30_000;

export class FlapHold {
  private readonly seen = new Map<string, Seen>();

  /** To be called after every change of the links; on one steady clock. */
  observe(links: readonly SeenLink[], nowMs: number): void {
    for (const { name, isUp } of links) {
      const before = this.seen.get(name) ?? { isUp, lossesMs: [], heldUntilMs: 0, holdMs: 0 };
      this.seen.set(name, before);
      if (before.isUp === isUp) continue;
      before.isUp = isUp;
      if (!isUp) {
        before.lossesMs.push(nowMs);
        continue;
      }
      while (nowMs - (before.lossesMs[0] ?? nowMs) > MEMORY_MS) before.lossesMs.shift();
      before.holdMs = holdMs(before.lossesMs.length);
      before.heldUntilMs = nowMs + before.holdMs;
    }
  }

  /** Why WANs whose link is up are not to be used yet, by name. */
  held(nowMs: number): ReadonlyMap<string, string> {
    const held = [...this.seen].filter(([, one]) => one.isUp && nowMs < one.heldUntilMs);
    return new Map(held.map(([name, one]) => [name, reason(one)]));
  }

  /** When the next one may be used; undefined when none is held. */
  nextReleaseMs(nowMs: number): number | undefined {
    const times = [...this.seen.values()].filter((one) => one.isUp && nowMs < one.heldUntilMs);
    return times.length === 0 ? undefined : Math.min(...times.map(({ heldUntilMs }) => heldUntilMs));
  }
}

function holdMs(losses: number): number {
  if (losses <= FREE_LOSSES) return 0;
  return Math.min(MAX_HOLD_MS, FIRST_HOLD_MS * 2 ** (losses - FREE_LOSSES - 1));
}

function reason({ lossesMs, holdMs: ms }: Seen): string {
  return `its link was lost ${lossesMs.length} times within a minute: it has to stay up for ${ms / 1000} s first`;
}
