// When a running transfer gets the congestion control that bears loss, and when it is given back the one that it had.
//
// Probes tell of a WAN that loses packets after a while, and flows that begin then get what bears it. A transfer that began
// before, as in the first minute of a router, would crawl to its end: at 5 % of loss cubic brings a WAN of 20 Mbit/s to 2, and
// holds up the bytes of the others meanwhile. Its sender sees it in what it has to send again. A crowd behind a short queue, or
// a provider that drops what is too much, looks the same: what counts in the end is whether more arrives than before.
import type { SendPath } from '../../linux/send-paths.ts';
import { ChanceLoss, STALE_MS } from './chance-loss.ts';

// Bbr has found the rates of its paths by then.
const SETTLE_MS = 1000;
// That much before, and that much after.
const COMPARED_MS = 2000;
const WORTH = 1.2;
// A transfer that still grows would pass whatever it is given.
const LEAST_COMPARED_MS = 1500;
// Together with a path of long round trip bbr brings less than the short one alone: 50 Mbit/s at 10 ms with 20 at 700 ms 18
// instead of 47, docs/performance.md. Such a path stands by, as soon as the router has found out.
const LONG_FACTOR = 3;
const LONG_MS = 150;

interface Look {
  readonly atMs: number;
  readonly ackedBytes: number;
  readonly sentBytes: readonly number[];
}

interface Trial {
  readonly fromMs: number;
  /** What was acknowledged before. */
  readonly bytesPerMs: number;
}

export class CongestionTrial {
  /** Nothing more is asked for. */
  isOver = false;
  private readonly loss = new ChanceLoss();
  private looks: Look[] = [];
  private trial: Trial | undefined;

  /**
   * To be called a few times a second while the transfer sends as much as it may.
   *
   * @param mayBegin false while others fill the paths as well, so that they are not idle for want of a window
   * @returns `begin`: give it what bears loss; `undo`: it had no use, or nobody can tell
   */
  look(paths: readonly SendPath[], nowMs: number, mayBegin: boolean): 'begin' | 'undo' | undefined {
    if (this.isOver) return undefined;
    const isLossy = this.loss.look(paths, nowMs);
    const look = lookAt(paths, nowMs);
    const last = this.looks.at(-1);
    if (!last || !follows(look, last)) {
      this.looks = [look];
      if (!this.trial) return undefined;
      // What came of it can not be told any more.
      this.isOver = true;
      return 'undo';
    }
    this.looks.push(look);
    if (this.trial) return this.judge(look, this.trial);
    this.looks = this.looks.filter(({ atMs }) => atMs >= nowMs - COMPARED_MS);
    if (!isLossy || !mayBegin || isLongUsed(paths, last)) return undefined;
    const first = this.looks[0] as Look;
    if (nowMs - first.atMs < LEAST_COMPARED_MS) return undefined;
    this.trial = { fromMs: nowMs + SETTLE_MS, bytesPerMs: rate(first, look) };
    return 'begin';
  }

  /** What was to begin did not. */
  giveUp(): void {
    this.isOver = true;
  }

  private judge(look: Look, { fromMs, bytesPerMs }: Trial): 'undo' | undefined {
    const first = this.looks.find(({ atMs }) => atMs >= fromMs);
    if (!first || look.atMs < first.atMs + COMPARED_MS) return undefined;
    this.isOver = true;
    return rate(first, look) < bytesPerMs * WORTH ? 'undo' : undefined;
  }
}

function lookAt(paths: readonly SendPath[], atMs: number): Look {
  const ackedBytes = paths.reduce((sum, path) => sum + path.ackedBytes, 0);
  return { atMs, ackedBytes, sentBytes: paths.map(({ sentBytes }) => sentBytes) };
}

/** A subflow that is gone took its count with it. */
function follows(look: Look, last: Look): boolean {
  return look.atMs - last.atMs <= STALE_MS && look.ackedBytes >= last.ackedBytes;
}

function rate(from: Look, to: Look): number {
  return (to.ackedBytes - from.ackedBytes) / (to.atMs - from.atMs);
}

function isLongUsed(paths: readonly SendPath[], last: Look): boolean {
  const used = paths.filter(({ sentBytes }, i) => sentBytes > (last.sentBytes[i] ?? 0));
  const shortestMs = Math.min(...used.map(({ minRttMs }) => minRttMs));
  return used.some(({ minRttMs }) => minRttMs > Math.max(shortestMs * LONG_FACTOR, shortestMs + LONG_MS));
}
