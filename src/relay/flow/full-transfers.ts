// How many transfers of a worker send as much as they may: each of them looks at its paths a few times a second.

// A transfer looks when it is woken, which on a slow path is twice a second.
const SLOT_MS = 1000;

const slotOf = (atMs: number): number => Math.floor(atMs / SLOT_MS);

export class FullTransfers {
  private slot = 0;
  private count = 0;
  private countBefore = 0;

  /**
   * A transfer looks at its paths.
   *
   * @param lastMs when it did before; undefined the first time
   * @returns how many have done so, in this second or in the one before, whichever are more
   */
  note(lastMs: number | undefined, nowMs: number): number {
    const slot = slotOf(nowMs);
    if (slot !== this.slot) {
      this.countBefore = slot === this.slot + 1 ? this.count : 0;
      this.count = 0;
      this.slot = slot;
    }
    if (lastMs === undefined || slotOf(lastMs) !== slot) this.count++;
    return Math.max(this.count, this.countBefore);
  }
}
