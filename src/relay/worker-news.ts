// What a worker's parts tell the main thread of what they meet, each thing no more often than is of use.
import { type Families, sameFamilies } from '../transport/handshake.ts';
import { RateLimit } from './rate-limit.ts';
import type { FromWorker } from './worker-spec.ts';

// One log line per reason in this time.
const LOG_INTERVAL_MS = 5000;
// A thousand flows over a WAN that has just died say it once.
const DOUBT_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 1000;

export class WorkerNews {
  private readonly clock: { readonly nowMs: number };
  private readonly post: (message: FromWorker) => void;
  private readonly logLimit = new RateLimit(LOG_INTERVAL_MS);
  private readonly families = new Map<string, Families>();
  private doubtedMs = Number.NEGATIVE_INFINITY;
  private readonly plainMs = new Map<string, number>();

  constructor(clock: { readonly nowMs: number }, post: (message: FromWorker) => void) {
    this.clock = clock;
    this.post = post;
  }

  log(level: 'info' | 'warn', reason: string, message: string): void {
    const entry = this.logLimit.pass(reason, message, this.clock.nowMs);
    if (entry) this.post({ kind: 'log', level, reason, ...entry });
  }

  /** Called about once a second: tells what was held back of the log. */
  flush(): void {
    for (const { reason, entry } of this.logLimit.flush(this.clock.nowMs)) {
      this.post({ kind: 'log', level: 'warn', reason, ...entry });
    }
  }

  /** The far end told which families it reaches. */
  learnFamilies(server: string, families: Families): void {
    const known = this.families.get(server);
    if (known && sameFamilies(known, families)) return;
    this.families.set(server, families);
    this.post({ kind: 'families', server, families });
  }

  /** An attempt to connect is overdue: somebody should look whether its WAN and server are still there. */
  doubt(): void {
    if (this.clock.nowMs - this.doubtedMs < DOUBT_INTERVAL_MS) return;
    this.doubtedMs = this.clock.nowMs;
    this.post({ kind: 'doubt' });
  }

  /** A connection to a server over this WAN came about without MPTCP. */
  notePlain(wan: string): void {
    if (this.clock.nowMs - (this.plainMs.get(wan) ?? Number.NEGATIVE_INFINITY) < PLAIN_INTERVAL_MS) return;
    this.plainMs.set(wan, this.clock.nowMs);
    this.post({ kind: 'plain', wan });
  }

  /** TCP Fast Open has failed too often over this WAN: flows of this worker go on without it. */
  loseFastOpen(wan: string): void {
    this.post({ kind: 'fast-open-lost', wan });
  }
}
