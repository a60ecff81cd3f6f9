// Timers of one worker: one FIFO per duration, so that arming and clearing cost the same for 10 flows or 10,000.

export class Timer {
  /** @internal */ deadlineMs = 0;
  /** @internal */ queue: Queue | undefined;
  /** @internal */ previous: Timer | undefined;
  /** @internal */ next: Timer | undefined;
  readonly onFire: () => void;

  constructor(onFire: () => void) {
    this.onFire = onFire;
  }

  get isArmed(): boolean {
    return this.queue !== undefined;
  }
}

/** Timers of the same duration expire in the order in which they were armed. */
class Queue {
  first: Timer | undefined;
  last: Timer | undefined;
  readonly durationMs: number;

  constructor(durationMs: number) {
    this.durationMs = durationMs;
  }

  push(timer: Timer): void {
    timer.queue = this;
    timer.previous = this.last;
    timer.next = undefined;
    if (this.last) this.last.next = timer;
    else this.first = timer;
    this.last = timer;
  }

  remove(timer: Timer): void {
    if (timer.previous) timer.previous.next = timer.next;
    else this.first = timer.next;
    if (timer.next) timer.next.previous = timer.previous;
    else this.last = timer.previous;
    timer.queue = undefined;
    timer.previous = undefined;
    timer.next = undefined;
  }
}

export class Timers {
  private readonly queues = new Map<number, Queue>();
  private armed = 0;

  /** How many timers wait. */
  get size(): number {
    return this.armed;
  }

  /** Fires once, `durationMs` after `nowMs`; arming again moves it. Durations are few: settings, not measurements. */
  arm(timer: Timer, durationMs: number, nowMs: number): void {
    this.clear(timer);
    let queue = this.queues.get(durationMs);
    if (!queue) {
      queue = new Queue(durationMs);
      this.queues.set(durationMs, queue);
    }
    timer.deadlineMs = nowMs + durationMs;
    queue.push(timer);
    this.armed++;
  }

  clear(timer: Timer): void {
    if (!timer.queue) return;
    timer.queue.remove(timer);
    this.armed--;
  }

  /** The earliest deadline, or Infinity. */
  nextDeadlineMs(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const queue of this.queues.values()) {
      if (queue.first && queue.first.deadlineMs < earliest) earliest = queue.first.deadlineMs;
    }
    return earliest;
  }

  /** Fires what is due. A timer armed by a callback waits for the next call, even with duration 0. */
  fire(nowMs: number): void {
    for (const queue of [...this.queues.values()]) {
      const end = queue.last;
      for (let timer = queue.first; timer && timer.deadlineMs <= nowMs; timer = queue.first) {
        this.clear(timer);
        timer.onFire();
        if (timer === end) break;
      }
    }
  }
}
