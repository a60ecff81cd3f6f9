// The loop that moves the packets of all links: it waits in ppoll, and comes back to Node's own loop for
// control lines, signals and the end of stdin.
import { PrecisePoll } from '../../linux/precise-poll.ts';
import type { Lane } from './lane.ts';

const STDIN_FD = 0;
// Input on stdin and signals end a wait at once; this bounds the wait for everything else that Node
// may have to do, and for a signal that came just before the wait.
const MAX_WAIT_MS = 250;

/** Lanes by the descriptor that they read from. */
export interface LoopLane {
  readonly fd: number;
  readonly lane: Lane;
}

/** Runs for ever; the process ends it. */
export function startLoop(lanes: readonly LoopLane[]): void {
  const poll = new PrecisePoll([STDIN_FD, ...lanes.map((lane) => lane.fd)]);
  const turn = (): void => {
    runUntilNodeIsDue(poll, lanes);
    setImmediate(turn);
  };
  turn();
}

function runUntilNodeIsDue(poll: PrecisePoll, lanes: readonly LoopLane[]): void {
  const dueMs = performance.now() + MAX_WAIT_MS;
  for (;;) {
    let wakeMs = dueMs;
    for (let i = 0; i < lanes.length; i++) {
      const { lane } = lanes[i] as LoopLane;
      lane.deliver();
      if (lane.nextDepartureMs < wakeMs) wakeMs = lane.nextDepartureMs;
    }
    const nowMs = performance.now();
    const ready = poll.wait(Math.max(0, wakeMs - nowMs));
    if (ready > 0) {
      for (let i = 0; i < lanes.length; i++) {
        // A device that went away with its namespace would be ready for ever.
        if (poll.isReady(i + 1) && !(lanes[i] as LoopLane).lane.receive()) poll.ignore(i + 1);
      }
    }
    if (ready < 0 || (ready > 0 && poll.isReady(0)) || nowMs >= dueMs) return;
  }
}
