// One connection to the server over one WAN, as a flow would open it, but without a target: does it connect, does it
// stay MPTCP, and does the server prove that it has our key.
import { ETIMEDOUT } from '../../linux/errno.ts';
import { connectResult, stillMptcp } from '../../linux/sockets.ts';
import { Conn, type ConnOwner } from '../../relay/loop/conn.ts';
import type { Loop } from '../../relay/loop/loop.ts';
import type { Path } from '../../relay/path.ts';
import { Timer } from '../../relay/loop/timers.ts';
import { HelloLink } from '../../relay/router/hello-link.ts';
import { type ClientHandshake, MAX_RETRIES } from '../../transport/handshake.ts';
import { type Answer, answerOf, type HelloResult, noConnection } from './hello-result.ts';

// Under the 3 s after which the kernel takes a path that drops MPTCP's SYNs for a black hole: it would then switch
// MPTCP off for everybody on this host, for an hour.
const CONNECT_LIMIT_MS = 2500;
const ANSWER_LIMIT_MS = 3000;
const NOTHING = Buffer.alloc(0);
// For all of them: holds nothing between two calls.
const BUFFER = Buffer.alloc(4096);

export class HelloProbe implements ConnOwner {
  readonly #loop: Loop;
  readonly #path: Path;
  readonly #mptcp: boolean;
  readonly #handshake: ClientHandshake | undefined;
  readonly #onDone: (result: HelloResult) => void;
  readonly #limit = new Timer(() => this.#onLimit());
  #startedMs: number | undefined;
  #conn: Conn | undefined;
  /** Undefined while it connects, and where nothing is asked. */
  #link: HelloLink<Path> | undefined;
  #connectMs: number | undefined;
  #isMptcp = false;
  #retries = 0;
  #isDone = false;

  /** @param handshake undefined where a connection is all that can be tried of the server */
  constructor(
    loop: Loop,
    path: Path,
    mptcp: boolean,
    handshake: ClientHandshake | undefined,
    onDone: (result: HelloResult) => void,
  ) {
    this.#loop = loop;
    this.#path = path;
    this.#mptcp = mptcp;
    this.#handshake = handshake;
    this.#onDone = onDone;
  }

  start(): void {
    this.#startedMs ??= performance.now();
    const { to, from, device } = this.#path;
    const conn = Conn.connect(this.#loop, { to, from, device, mptcp: this.#mptcp, congestion: undefined });
    if (!(conn instanceof Conn)) return this.#finish(noConnection(conn));
    conn.owner = this;
    this.#conn = conn;
    this.#link = undefined;
    this.#loop.timers.arm(this.#limit, CONNECT_LIMIT_MS, this.#loop.nowMs);
  }

  /** Ends it without a result. */
  abort(): void {
    this.#isDone = true;
    this.#loop.timers.clear(this.#limit);
    this.#conn?.close();
  }

  onReady(conn: Conn): void {
    if (this.#isDone || conn !== this.#conn || !conn.writable) return;
    if (!this.#link) return this.#onConnect(conn);
    if (this.#link.flush() < 0) this.#end({ kind: 'closed' });
    else this.#read(this.#link);
  }

  #onConnect(conn: Conn): void {
    const errno = connectResult(conn.fd);
    if (errno !== 0) return this.#finish(noConnection(errno));
    this.#connectMs ??= performance.now() - (this.#startedMs as number);
    this.#isMptcp = this.#mptcp && stillMptcp(conn.fd);
    this.#loop.timers.arm(this.#limit, ANSWER_LIMIT_MS, this.#loop.nowMs);
    if (!this.#handshake) return this.#end({ kind: 'connected' });
    const link = new HelloLink({ conn, candidate: this.#path }, BUFFER);
    this.#link = link;
    if (link.say(this.#handshake, NOTHING) < 0) this.#end({ kind: 'closed' });
    else this.#read(link);
  }

  #read(link: HelloLink<Path>): void {
    const reply = link.reply();
    const answer = reply && reply.kind !== 'retry' ? answerOf(reply) : undefined;
    if (answer?.kind === 'closed') return this.#end(answer);
    // Asked now and not before: the first data may make an end fall back to plain TCP.
    this.#isMptcp = this.#mptcp && stillMptcp(link.conn.fd);
    // As RFC 8803 has it for a connection with an error.
    if (reply && reply.kind !== 'established') link.conn.reset();
    if (answer) this.#end(answer);
    else if (reply) this.#retry();
  }

  #retry(): void {
    if (++this.#retries <= MAX_RETRIES) return this.start();
    this.#end({ kind: 'refused', reason: 'clock', detail: 'one cookie after the other' });
  }

  #onLimit(): void {
    if (!this.#link) this.#finish(noConnection(ETIMEDOUT));
    else this.#end({ kind: 'silent' });
  }

  #end(answer: Answer): void {
    this.#finish({ kind: 'connected', connectMs: this.#connectMs ?? 0, isMptcp: this.#isMptcp, answer });
  }

  #finish(result: HelloResult): void {
    if (this.#isDone) return;
    this.abort();
    this.#onDone(result);
  }
}
