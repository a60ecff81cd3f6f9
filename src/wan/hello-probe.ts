// One connection to the server over one WAN, as a flow would open it, but without a target: does it connect, does it
// stay MPTCP, and does the server prove that it has our key.
import type { Address, SocketAddress } from '../base/address.ts';
import { ECONNREFUSED, ECONNRESET, ETIMEDOUT, errnoName } from '../linux/errno.ts';
import { connectResult, stillMptcp } from '../linux/sockets.ts';
import { Conn, type ConnOwner } from '../relay/loop/conn.ts';
import { receive, send } from '../relay/loop/io.ts';
import type { Loop } from '../relay/loop/loop.ts';
import { Timer } from '../relay/loop/timers.ts';
import type { FailureReason } from '../transport/failure.ts';
import { type ClientHandshake, type ClientStep, MAX_RETRIES } from '../transport/handshake.ts';

/** One way to the server. */
export interface Way {
  readonly wan: string;
  readonly device: string;
  readonly from: Address;
  readonly to: SocketAddress;
}

export type HelloResult =
  | {
      readonly kind: 'no-connection';
      readonly why: 'refused' | 'timeout' | 'unreachable';
      readonly errno: string;
    }
  | {
      readonly kind: 'connected';
      readonly connectMs: number;
      readonly isMptcp: boolean;
      readonly answer: Answer;
    };

export type Answer =
  /** Signed with our key, or the login was taken. */
  | { readonly kind: 'proved' }
  /** Nothing was asked. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'refused'; readonly reason: FailureReason; readonly detail: string }
  | { readonly kind: 'silent' }
  | { readonly kind: 'closed' };

// Under the 3 s after which the kernel takes a path that drops MPTCP's SYNs for a black hole: it would then switch
// MPTCP off for everybody on this host, for an hour.
const CONNECT_LIMIT_MS = 2500;
const ANSWER_LIMIT_MS = 3000;
const BUFFER_BYTES = 4096;
const NOTHING = Buffer.alloc(0);

export class HelloProbe implements ConnOwner {
  readonly #loop: Loop;
  readonly #way: Way;
  readonly #mptcp: boolean;
  readonly #handshake: ClientHandshake | undefined;
  readonly #onDone: (result: HelloResult) => void;
  readonly #limit = new Timer(() => this.#onLimit());
  #startedMs: number | undefined;
  #isConnecting = true;
  #conn: Conn | undefined;
  #connectMs: number | undefined;
  #isMptcp = false;
  #received: Buffer = NOTHING;
  #retries = 0;
  #isDone = false;

  /** @param handshake undefined where a connection is all that can be tried of the server */
  constructor(
    loop: Loop,
    way: Way,
    mptcp: boolean,
    handshake: ClientHandshake | undefined,
    onDone: (result: HelloResult) => void,
  ) {
    this.#loop = loop;
    this.#way = way;
    this.#mptcp = mptcp;
    this.#handshake = handshake;
    this.#onDone = onDone;
  }

  start(): void {
    this.#startedMs ??= performance.now();
    const { to, from, device } = this.#way;
    const conn = Conn.connect(this.#loop, { to, from, device, mptcp: this.#mptcp, congestion: undefined });
    if (!(conn instanceof Conn)) return this.#noConnection(conn);
    conn.owner = this;
    this.#conn = conn;
    this.#isConnecting = true;
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
    if (this.#isConnecting) this.#onConnect(conn);
    else if (this.#handshake) this.#read(conn, this.#handshake);
  }

  #onConnect(conn: Conn): void {
    const errno = connectResult(conn.fd);
    if (errno !== 0) return this.#noConnection(errno);
    this.#isConnecting = false;
    this.#connectMs ??= performance.now() - (this.#startedMs as number);
    this.#isMptcp = this.#mptcp && stillMptcp(conn.fd);
    this.#loop.timers.arm(this.#limit, ANSWER_LIMIT_MS, this.#loop.nowMs);
    if (!this.#handshake) return this.#end({ kind: 'connected' });
    const sent = send(conn, this.#handshake.hello(NOTHING, this.#way.from));
    if (sent < 0) this.#end({ kind: 'closed' });
    else this.#read(conn, this.#handshake);
  }

  #read(conn: Conn, handshake: ClientHandshake): void {
    const buffer = Buffer.alloc(BUFFER_BYTES);
    while (conn.readable) {
      const read = receive(conn, buffer, BUFFER_BYTES);
      if (read === undefined) return;
      if (read <= 0) return this.#end({ kind: 'closed' });
      // Asked now and not before: the first data may make an end fall back to plain TCP.
      this.#isMptcp = this.#mptcp && stillMptcp(conn.fd);
      this.#received = Buffer.concat([this.#received, buffer.subarray(0, read)]);
      const step = this.#advance(conn, handshake);
      if (!step) return;
      if (step.kind !== 'more') return this.#onStep(step);
      if (this.#received.length >= BUFFER_BYTES) {
        return this.#end({ kind: 'refused', reason: 'malformed', detail: 'the answer does not end' });
      }
    }
  }

  /** Undefined when the connection is gone. */
  #advance(conn: Conn, handshake: ClientHandshake): Exclude<ClientStep, { kind: 'send' }> | undefined {
    for (;;) {
      const step = handshake.receive(this.#received);
      if (step.kind !== 'send') return step;
      if (send(conn, step.bytes) < 0) {
        this.#end({ kind: 'closed' });
        return undefined;
      }
    }
  }

  #onStep(step: Exclude<ClientStep, { kind: 'more' | 'send' }>): void {
    switch (step.kind) {
      case 'established':
        return this.#end({ kind: 'proved' });
      case 'refused':
        // As RFC 8803 has it for a connection with an error.
        this.#conn?.reset();
        return this.#end({ kind: 'refused', reason: step.reason, detail: step.detail });
      case 'retry':
        this.#conn?.reset();
        if (++this.#retries > MAX_RETRIES) {
          return this.#end({ kind: 'refused', reason: 'clock', detail: 'one cookie after the other' });
        }
        this.#received = NOTHING;
        this.start();
    }
  }

  #onLimit(): void {
    if (this.#isConnecting) this.#noConnection(ETIMEDOUT);
    else this.#end({ kind: 'silent' });
  }

  #noConnection(errno: number): void {
    const isRefused = errno === ECONNREFUSED || errno === ECONNRESET;
    const why = isRefused ? 'refused' : errno === ETIMEDOUT ? 'timeout' : 'unreachable';
    this.#finish({ kind: 'no-connection', why, errno: errnoName(errno) });
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
