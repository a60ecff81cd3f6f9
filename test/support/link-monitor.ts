// A monitor of kernel events in a lab namespace, and when each event reached its main thread.
import type { Host } from '../../src/lab/host.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { builtPeer } from './built-peer.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';

/** As the monitor gives it, with addresses as 32 hex digits. */
export type SeenEvent = { readonly kind: string } & Record<string, unknown>;

interface Line {
  readonly atMs: number;
  readonly ready?: boolean;
  readonly events?: readonly SeenEvent[];
  readonly overrun?: boolean;
  readonly links?: readonly Record<string, unknown>[];
}

export interface SeenAt {
  readonly event: SeenEvent;
  readonly atMs: number;
}

const PROGRAM = builtPeer('link-monitor');
const TIMEOUT_MS = 20_000;

export class WatchedMonitor {
  readonly process: LabProcess;
  #from = 0;

  private constructor(started: LabProcess) {
    this.process = started;
  }

  static async start(host: Host, options: object = {}): Promise<WatchedMonitor> {
    const argv = [process.execPath, PROGRAM, JSON.stringify(options)];
    const monitor = new WatchedMonitor(host.spawn(argv, { label: 'link monitor' }));
    await monitor.process.waitFor(/"ready":true/, TIMEOUT_MS);
    return monitor;
  }

  get overruns(): number {
    return this.#lines(0).filter((line) => line.overrun).length;
  }

  /** From now on `next` looks only at what comes. */
  mark(): void {
    this.#from = this.process.stdout.length;
  }

  /** The first event since the mark that has all of `wanted`. */
  next(wanted: object): Promise<SeenAt> {
    return waitUntil(
      JSON.stringify(wanted),
      () =>
        this.#lines(this.#from)
          .flatMap(({ atMs, events = [] }) => events.map((event) => ({ event, atMs })))
          .find(({ event }) => Object.entries(wanted).every(([key, value]) => event[key] === value)),
      TIMEOUT_MS,
    );
  }

  async links(): Promise<readonly Record<string, unknown>[]> {
    const seen = this.process.stdout.length;
    this.process.kill('SIGUSR1');
    return waitUntil('links', () => this.#lines(seen).find((line) => line.links)?.links, TIMEOUT_MS);
  }

  /** How long the stop took inside. */
  async stop(): Promise<{ isStopped: boolean; tookMs: number }> {
    this.process.kill('SIGTERM');
    const line = await this.process.waitFor(/"isStopped"/, TIMEOUT_MS);
    await this.process.exited;
    return JSON.parse(line) as { isStopped: boolean; tookMs: number };
  }

  #lines(from: number): Line[] {
    return this.process.stdout.slice(from).map((line) => JSON.parse(line) as Line);
  }
}
