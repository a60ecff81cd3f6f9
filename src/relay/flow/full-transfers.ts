// How many transfers of a worker send as much as they may: each of them looks at its paths four times a second.
import { LOOK_INTERVAL_MS } from './send-room.ts';

export class FullTransfers {
  private fromMs = 0;
  private looks = 0;
  private lastLooks = 0;

  /** A transfer looks at its paths. @returns how many did in the interval before */
  note(nowMs: number): number {
    const passed = Math.floor((nowMs - this.fromMs) / LOOK_INTERVAL_MS);
    if (passed > 0) {
      this.lastLooks = passed === 1 ? this.looks : 0;
      this.looks = 0;
      this.fromMs += passed * LOOK_INTERVAL_MS;
    }
    this.looks++;
    return this.lastLooks;
  }
}
