// Whether a second subflow can join over a WAN, tried for real: an MPTCP connection over one WAN, a join over another.
//
// The kernel opens second subflows only from endpoints, and an endpoint is a change of this host that every MPTCP
// connection on it would feel. So the two handshakes are our own segments; the server is an ordinary one. It accepts
// a join only once the first connection is fully established, which is a matter of one more ACK and of no data.
import { randomBytes } from 'node:crypto';
import type { Address, SocketAddress } from '../../../base/address.ts';
import { SyscallError } from '../../../linux/errno.ts';
import type { Loop } from '../../../relay/loop/loop.ts';
import { Timer } from '../../../relay/loop/timers.ts';
import { Leg } from './leg.ts';
import * as mptcp from './mptcp-options.ts';
import { ACK, RST, SYN, type Segment } from './tcp-segment.ts';

export interface Bound {
  readonly device: string;
  readonly from: Address;
}

export type JoinResult =
  | { readonly kind: 'joined' }
  /** The SYN with the option was answered as if it had none. */
  | { readonly kind: 'stripped' }
  /** Reset by the server or by something before it. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'silent' }
  /** The first connection did not come about, so there was nothing to join. */
  | { readonly kind: 'untested'; readonly reason: string };

const RESEND_MS = 300;
const LIMIT_MS = 2500;
// A join that came too early is reset, too: only one that stays unwelcome is refused.
const RESETS_TO_BELIEVE = 4;
const KEY_BYTES = 8;
const NONCE_BYTES = 4;
// Of the address that the join comes from; 0 is the one of the first connection.
const ADDRESS_ID = 1;
const NOTHING = Buffer.alloc(0);

export class JoinProbe {
  readonly #loop: Loop;
  readonly #to: SocketAddress;
  readonly #second: Bound;
  readonly #onDone: (result: JoinResult) => void;
  readonly #key = randomBytes(KEY_BYTES);
  readonly #nonce = randomBytes(NONCE_BYTES);
  readonly #resend = new Timer(() => this.#sendNext());
  readonly #limit = new Timer(() => this.#onLimit());
  #startedMs = 0;
  #firstLeg: Leg | undefined;
  #joinLeg: Leg | undefined;
  #serverKey: Buffer | undefined;
  #joinReply: mptcp.JoinReply | undefined;
  #resets = 0;
  #isDone = false;

  constructor(loop: Loop, second: Bound, to: SocketAddress, onDone: (result: JoinResult) => void) {
    this.#loop = loop;
    this.#to = to;
    this.#second = second;
    this.#onDone = onDone;
  }

  start(first: Bound): void {
    this.#firstLeg = this.#open(first, (segment) => this.#onFirst(segment));
    if (!this.#firstLeg) return;
    this.#startedMs = performance.now();
    this.#limitFromNow();
    this.#sendNext();
  }

  #open(bound: Bound, onSegment: (segment: Segment) => void): Leg | undefined {
    try {
      const leg = new Leg({ ...bound, to: this.#to });
      this.#loop.watch(leg.fd, {
        onEvents: () => {
          for (let next = leg.receive(); next && !this.#isDone; next = leg.receive()) onSegment(next);
        },
      });
      return leg;
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      this.#finish({ kind: 'untested', reason: error.message });
      return undefined;
    }
  }

  /** Sends again what is not answered yet. */
  #sendNext(): void {
    if (this.#isDone) return;
    if (!this.#serverKey) this.#firstLeg?.sendSyn(mptcp.capableSyn());
    else if (this.#joinLeg && this.#joinReply) this.#sendJoinAck(this.#joinReply);
    else {
      // Again and again: the server says nothing to these two, and the join may overtake them.
      this.#firstLeg?.sendAck(mptcp.capableAck(this.#key, this.#serverKey));
      this.#firstLeg?.sendAck(mptcp.firstDataAck(this.#serverKey));
      this.#joinLeg?.sendSyn(mptcp.joinSyn(this.#serverKey, ADDRESS_ID, this.#nonce));
    }
    this.#loop.timers.arm(this.#resend, RESEND_MS, this.#loop.nowMs);
  }

  #onFirst(segment: Segment): void {
    if (segment.flags & RST) {
      // Later resets come of our own end, or because the server has had enough: the join is what is asked for.
      if (!this.#serverKey) this.#finish({ kind: 'untested', reason: 'the first connection was refused' });
      return;
    }
    if (this.#serverKey || (segment.flags & SYN) === 0) return;
    const key = mptcp.capableReplyKey(segment.options);
    if (!key) {
      this.#firstLeg?.reset(NOTHING);
      this.#finish({ kind: 'untested', reason: 'MP_CAPABLE was stripped from the first connection' });
      return;
    }
    this.#serverKey = Buffer.from(key);
    const roundTripMs = performance.now() - this.#startedMs;
    this.#sendNext();
    // The join must not overtake the ACKs, or it comes too early.
    this.#limitFromNow();
    this.#loop.timers.arm(new Timer(() => this.#startJoin()), Math.ceil(roundTripMs), this.#loop.nowMs);
  }

  #startJoin(): void {
    if (this.#isDone || this.#joinLeg) return;
    this.#joinLeg = this.#open(this.#second, (segment) => this.#onJoin(segment));
    if (!this.#joinLeg) return;
    this.#limitFromNow();
    this.#sendNext();
  }

  #onJoin(segment: Segment): void {
    const serverKey = this.#serverKey as Buffer;
    if (segment.flags & RST) {
      this.#resets++;
      if (this.#resets >= RESETS_TO_BELIEVE) this.#finish({ kind: 'refused' });
      return;
    }
    if (segment.flags & SYN) {
      const reply = mptcp.joinReply(segment.options);
      if (!reply) return this.#finish({ kind: 'stripped' });
      const expected = mptcp.joinHmac(serverKey, this.#key, reply.nonce, this.#nonce);
      // Who answers with another proof is not the server that we have connected to.
      if (!expected.subarray(0, reply.hmac.length).equals(reply.hmac))
        return this.#finish({ kind: 'refused' });
      this.#joinReply = { hmac: Buffer.from(reply.hmac), nonce: Buffer.from(reply.nonce) };
      this.#resets = 0;
      this.#sendNext();
      return;
    }
    // The ACK of our ACK: only now both ends take the subflow for good (RFC 8684 section 3.2).
    if (segment.flags & ACK && this.#joinReply) this.#finish({ kind: 'joined' });
  }

  #sendJoinAck({ nonce }: mptcp.JoinReply): void {
    const hmac = mptcp.joinHmac(this.#key, this.#serverKey as Buffer, this.#nonce, nonce);
    this.#joinLeg?.sendAck(mptcp.joinAck(hmac));
  }

  #limitFromNow(): void {
    this.#loop.timers.arm(this.#limit, LIMIT_MS, this.#loop.nowMs);
  }

  #onLimit(): void {
    if (!this.#serverKey) {
      this.#finish({ kind: 'untested', reason: 'the first connection was not answered' });
    } else this.#finish({ kind: this.#resets > 0 ? 'refused' : 'silent' });
  }

  #finish(result: JoinResult): void {
    if (this.#isDone) return;
    this.abort();
    this.#onDone(result);
  }

  /** Ends it without a result. */
  abort(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#loop.timers.clear(this.#resend);
    this.#loop.timers.clear(this.#limit);
    this.#joinLeg?.reset(NOTHING);
    // MP_FASTCLOSE: the server ends the connection at once, all of it.
    if (this.#serverKey) this.#firstLeg?.reset(mptcp.fastClose(this.#serverKey));
    for (const leg of [this.#firstLeg, this.#joinLeg]) {
      if (!leg) continue;
      this.#loop.release(leg.fd);
      leg.close();
    }
  }
}
