// Gets a transfer going again that waits for an acknowledgement which nobody is about to send.
//
// What arrives while the far program reads is acknowledged to its subflow at once, but to the connection only with the next
// segment that comes, or when reading has doubled the window (Linux 6.18, net/mptcp/protocol.c: mptcp_release_cb,
// mptcp_cleanup_rbuf). Where all that may be under way has come in the meantime, no next segment comes: both ends wait
// until the retransmission timer of the connection sends one, 200 ms later (tried: five times a second over a WAN of several
// Gbit/s, through other programs as well). A little more room, and so a segment, does the same at once.
import { Timer, type Timers } from '../loop/timers.ts';

/** What the nudge asks of a transfer. */
export interface Nudged {
  /** Whether it waits for room. */
  readonly isWaiting: boolean;
  /** Bytes that were handed to the kernel so far. */
  readonly sentBytes: number;
  /** Whether nothing is under way on any subflow, nor waits there to be sent. */
  isIdle(): boolean;
  /** Lets `extraBytes` more than usual be under way, and sends them. */
  allow(extraBytes: number): void;
}

// Longer than a turn of a busy machine. Where something is under way, later and later; from when the kernel's own timer
// would fire on, not at all.
const FIRST_MS = 3;
const LAST_MS = 96;
// One segment of the kernel's, and a third one for one that is full.
const EXTRA_BYTES = 64 * 1024;
// When none of these brings an acknowledgement, data is missing: the kernel's timer brings it, and all that is sent puts it off.
const MOST = 3;

export class Nudge {
  private readonly loop: { readonly timers: Timers; readonly nowMs: number };
  private readonly transfer: Nudged;
  private readonly timer = new Timer(() => this.look());
  private sentBytes = -1;
  private intervalMs = FIRST_MS;
  private given = 0;

  constructor(loop: { readonly timers: Timers; readonly nowMs: number }, transfer: Nudged) {
    this.loop = loop;
    this.transfer = transfer;
  }

  /** To be called whenever the transfer waits for room. */
  watch(): void {
    if (this.timer.queue || this.transfer.sentBytes === this.sentBytes) return;
    this.begin();
  }

  stop(): void {
    this.loop.timers.clear(this.timer);
  }

  private begin(): void {
    if (this.given > 0) this.transfer.allow(0);
    this.given = 0;
    this.intervalMs = FIRST_MS;
    this.arm();
  }

  private arm(): void {
    this.sentBytes = this.transfer.sentBytes;
    this.loop.timers.arm(this.timer, this.intervalMs, this.loop.nowMs);
  }

  private look(): void {
    const { transfer } = this;
    if (!transfer.isWaiting) return;
    if (transfer.sentBytes !== this.sentBytes) return this.begin();
    if (!transfer.isIdle()) {
      if (this.intervalMs >= LAST_MS) return;
      this.intervalMs *= 2;
      return this.arm();
    }
    if (this.given === MOST) return;
    this.given++;
    // Armed before: what is sent now comes back here as a transfer that waits, and is no sign that it goes on.
    this.arm();
    transfer.allow(this.given * EXTRA_BYTES);
    this.sentBytes = transfer.sentBytes;
  }
}
