// Holds the answer to a request back for a moment: where the target's first bytes come at once they leave with it, which
// spares both ends a packet and the router an event and a read.
import type { Loop, Task } from '../loop/loop.ts';

// The second begins with what came while the first ran, and waits for nothing: where that is not the target's, it is silent.
const ROUNDS = 2;
// Of a round that other flows have made long, nobody waits for a second one.
const LONG_ROUND_MS = 1;

export class ReplyHold implements Task {
  private readonly loop: Loop;
  private readonly onOver: () => void;
  private rounds = 0;

  /** @param onOver to be called at the end of the next round */
  static begin(loop: Loop, onOver: () => void): void {
    loop.soon(new ReplyHold(loop, onOver));
  }

  private constructor(loop: Loop, onOver: () => void) {
    this.loop = loop;
    this.onOver = onOver;
  }

  onTurn(): void {
    this.rounds++;
    const isLong = performance.now() - this.loop.nowMs > LONG_ROUND_MS;
    if (this.rounds < ROUNDS && !isLong) this.loop.soon(this);
    else this.onOver();
  }
}
