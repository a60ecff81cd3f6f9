// One worker's event loop: a blocking epoll_wait in bounded steps, timers, and a queue of work to go on with.
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
} from '../../linux/constants.ts';
import { Epoll } from '../../linux/epoll.ts';
import { ENOMEM, SyscallError } from '../../linux/errno.ts';
import { Timers } from './timers.ts';

/** Something registered with the loop under its fd. */
export interface Watcher {
  /** `events` are EPOLL* bits; edge-triggered: what is not consumed now is not told again. */
  onEvents(events: number): void;
}

/** Work that used up its share of a round and goes on in the next one. */
export interface Task {
  onTurn(): void;
}

export const READABLE = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
export const WRITABLE = EPOLLOUT | EPOLLHUP | EPOLLERR;
export const ENDED = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
export const SAID_ALL = EPOLLRDHUP;
export const BROKEN = EPOLLERR;
export const URGENT = EPOLLPRI;
const EVERYTHING = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET;

// Events taken per system call: enough for a burst, small enough that timers stay punctual.
const MAX_EVENTS = 256;

export class Loop {
  readonly timers = new Timers();
  /** Milliseconds of the monotonic clock at the last wake-up. */
  nowMs: number = performance.now();
  /** Spent waiting for events so far, in milliseconds. */
  waitedMs = 0;
  private readonly epoll = new Epoll(MAX_EVENTS);
  private readonly watchers: (Watcher | undefined)[] = [];
  // Survives the fd: an event of a closed fd's predecessor is recognised by its old number.
  private readonly generations: number[] = [];
  private tasks: Task[] = [];
  private watched = 0;
  private readonly onProgress: () => void;

  /** @param onProgress called at least once per round, and between the pieces of a long one. */
  constructor(onProgress: () => void = () => undefined) {
    this.onProgress = onProgress;
  }

  /** How many fds are registered. */
  get size(): number {
    return this.watched;
  }

  /**
   * Registers `fd` for every kind of event, edge-triggered, until `forget`. False when the kernel has no memory or
   * no watches left for it.
   */
  tryWatch(fd: number, watcher: Watcher): boolean {
    const generation = ((this.generations[fd] ?? 0) + 1) >>> 0;
    this.generations[fd] = generation;
    if (!this.epoll.add(fd, EVERYTHING, generation)) return false;
    this.watchers[fd] = watcher;
    this.watched++;
    return true;
  }

  /** The same for what the loop cannot do without. @throws SyscallError */
  watch(fd: number, watcher: Watcher): void {
    if (!this.tryWatch(fd, watcher)) throw new SyscallError(`epoll_ctl(ADD, ${fd})`, ENOMEM);
  }

  /** Must come before `close(fd)`, which takes the fd out of the epoll set itself. */
  forget(fd: number): void {
    if (this.watchers[fd] === undefined) return;
    this.watchers[fd] = undefined;
    this.watched--;
  }

  /** Stops watching an fd that stays open. */
  release(fd: number): void {
    if (this.watchers[fd] === undefined) return;
    this.forget(fd);
    this.epoll.remove(fd);
  }

  /** Runs `task` in the next round, after the events that are ready by then. */
  soon(task: Task): void {
    this.tasks.push(task);
  }

  /** One round: waits at most `maxWaitMs` for events, handles them, then due timers, then waiting tasks. */
  round(maxWaitMs: number): void {
    const fromMs = performance.now();
    const wait = this.tasks.length > 0 ? 0 : Math.min(maxWaitMs, this.timers.nextDeadlineMs() - fromMs);
    const count = this.epoll.wait(Math.max(0, Math.ceil(wait)));
    this.nowMs = performance.now();
    this.waitedMs += this.nowMs - fromMs;
    this.onProgress();
    for (let i = 0; i < count; i++) {
      const fd = this.epoll.fdAt(i);
      if (this.generations[fd] !== this.epoll.generationAt(i)) continue;
      this.watchers[fd]?.onEvents(this.epoll.eventsAt(i));
      this.onProgress();
    }
    this.timers.fire(this.nowMs);
    if (this.tasks.length === 0) return;
    const tasks = this.tasks;
    this.tasks = [];
    for (const task of tasks) {
      task.onTurn();
      this.onProgress();
    }
  }

  close(): void {
    this.epoll.close();
  }
}
