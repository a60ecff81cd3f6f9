// One WAN's way out of the bulk set and back: a complaint must last before it counts, and who was out has to stay well
// for a while before it is tried again, for longer each time it comes to nothing.

export interface HoldDownTimes {
  /** A complaint that lasts so long takes the WAN out. */
  readonly confirmMs: number;
  /** The first time out, at least; doubled with each time that follows soon. */
  readonly holdMs: number;
  readonly maxHoldMs: number;
}

// In for so many times its last time out, and a WAN has proved itself.
const PROOF = 4;

export class HoldDown {
  /** Why the WAN is out; undefined while it is in. */
  complaint: string | undefined;
  private readonly times: HoldDownTimes;
  private badSinceMs: number | undefined;
  private goodSinceMs: number | undefined;
  private holdMs = 0;
  /** The end of its last time out: while it is in, since when. */
  private heldUntilMs = 0;

  constructor(times: HoldDownTimes) {
    this.times = times;
  }

  /** What is complained about now, or undefined when all is well; on one steady clock. */
  observe(nowMs: number, complaint: string | undefined): void {
    if (complaint === undefined) this.badSinceMs = undefined;
    else this.goodSinceMs = undefined;
    if (this.complaint !== undefined) this.observeOut(nowMs, complaint);
    else if (complaint !== undefined) this.observeBad(nowMs, complaint);
  }

  /** Back in at once, because there is nothing better: that is no fault of the WAN. */
  release(): void {
    this.complaint = undefined;
    this.badSinceMs = undefined;
    this.holdMs /= 2;
  }

  private observeBad(nowMs: number, complaint: string): void {
    this.badSinceMs ??= nowMs;
    if (nowMs - this.badSinceMs < this.times.confirmMs) return;
    const { holdMs, maxHoldMs } = this.times;
    const isRepeated = this.holdMs > 0 && nowMs - this.heldUntilMs < PROOF * this.holdMs;
    this.holdMs = isRepeated ? Math.min(maxHoldMs, this.holdMs * 2) : holdMs;
    this.heldUntilMs = nowMs + this.holdMs;
    this.complaint = complaint;
  }

  private observeOut(nowMs: number, complaint: string | undefined): void {
    if (complaint !== undefined) {
      this.complaint = complaint;
      return;
    }
    this.goodSinceMs ??= nowMs;
    if (nowMs < this.heldUntilMs || nowMs - this.goodSinceMs < this.times.holdMs) return;
    this.complaint = undefined;
    this.heldUntilMs = nowMs;
  }
}
