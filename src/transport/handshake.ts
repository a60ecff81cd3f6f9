// The handshake every transport speaks: how the target reaches the far end, as bytes in and bytes out.
//
// No transport holds a buffer, a socket or a timer. `receive` is given ALL bytes that arrived so far in this
// direction; it neither keeps nor changes them, so that the relay may use one shared buffer for every flow.
// `consumed` is where user data starts in those bytes. A step other than `more` ends the handshake.
import type { Address, SocketAddress } from '../base/address.ts';
import type { FailureReason } from './failure.ts';
import type { NamedTarget } from './socks-address.ts';
import type { StreamCodec } from './stream-codec.ts';

/** Which address families the server can dial, so that the router need not try the others. */
export interface Families {
  readonly v4: boolean;
  readonly v6: boolean;
}

export function sameFamilies(a: Families, b: Families): boolean {
  return a.v4 === b.v4 && a.v6 === b.v6;
}

export type ClientStep =
  /** Not all of the reply is here. */
  | { readonly kind: 'more' }
  /** Write this, then ask again, with all the bytes so far and those to come. */
  | { readonly kind: 'send'; readonly bytes: Buffer }
  /** `families` is undefined where the far end does not tell. */
  | {
      readonly kind: 'established';
      readonly consumed: number;
      readonly families: Families | undefined;
      /** Absent where the bytes of the flow travel as they are. */
      readonly codec?: StreamCodec;
    }
  /**
   * Refusal before the dial (a clock problem or a cookie, now solved): open a new upstream, send `hello(early)` of
   * this same handshake again, and feed `receive` with the bytes of the new upstream only. At most MAX_RETRIES times.
   */
  | { readonly kind: 'retry' }
  | {
      readonly kind: 'refused';
      readonly reason: FailureReason;
      /** For the log; never holds a key or a payload. */
      readonly detail: string;
      /** Seconds the server asks to wait; only ever from an authenticated reply. */
      readonly retryAfterS: number | undefined;
    };

/** An old cookie is refused, without one comes a new one, and that is taken. */
export const MAX_RETRIES = 2;

/** Where a flow stands that is to go on over another connection. */
export interface ResumePoint {
  /** 1 to 255, more than at any earlier try of the same flow: a late one never takes a flow back. */
  readonly attempt: number;
  /** The far end has established the flow. */
  readonly isAnswered: boolean;
  /** Place in our stream, u32, of the first byte given to `hello`. */
  readonly from: number;
  /** Bytes of the far end's stream that are here, u32. */
  readonly received: number;
}

export interface ClientHandshake {
  /**
   * A handshake over a new connection that goes on with the flow of this one; undefined behind the last attempt, missing
   * where the transport cannot. The far end goes on behind `received`, and leaves out what it has of the bytes behind the
   * hello.
   */
  resume?(point: ResumePoint): ClientHandshake | undefined;
  /** The device's first bytes have to wait until the flow is established: `hello` leaves them out. */
  readonly holdsEarly?: boolean;
  /** Established without a word of the far end, which can refuse only by closing before its first byte. */
  readonly isBlind?: boolean;
  /**
   * What to write first: the request, with the LAN device's first bytes behind it. May be a view on `early`. `from` is
   * our address on this connection: what a server has given us for one address is not good for another.
   */
  hello(early: Uint8Array, from?: Address): Buffer;
  /** To be called with no bytes right after `hello`: a transport without a reply is then `established` at once. */
  receive(bytes: Uint8Array): ClientStep;
}

/** What the router knows of the paths between both ends and tells the other, who sends over them too. */
export interface PathHints {
  /** They lose packets that no congestion explains. */
  readonly isLossy: boolean;
}

export interface ClientTransport {
  /** A transport that cannot carry `hints` leaves them out. */
  start(target: SocketAddress, hints?: PathHints): ClientHandshake;
  /**
   * Readies a connection for the handshake of a flow that comes later: `established` when the far end keeps it. Missing
   * where the transport cannot.
   */
  warm?(): ClientHandshake;
}

/** Replies to a verified request: exactly one of them is sent. */
export interface Answers {
  /** The bytes to send before any byte of the target. @param made how the leg to the target was made, where it is asked for */
  accept(families: Families | undefined, made?: MadeLeg): Buffer;
  /**
   * The bytes to send before an orderly close; undefined where a reset is all that can be told. `icmpCode` is what the
   * network said, for `unreachable`.
   */
  refuse(reason: FailureReason, icmpCode?: number): Buffer | undefined;
}

/** The server's leg to the target, as a client may ask for it and be told of it. */
export interface RemoteLeg {
  /**
   * Present: TCP Fast Open is asked for, or was used. The most bytes that the SYN may carry, or those it carried; 0 leaves
   * that open. Without it a server must not use Fast Open.
   */
  readonly fastOpenBytes?: number | undefined;
  /** Multipath TCP is wanted, or in use; undefined where nothing was said, which a server takes for unwanted. */
  readonly isMultipath?: boolean | undefined;
}

/** As it came about. */
export interface MadeLeg extends RemoteLeg {
  /** TCP options that the target answered the SYN with, as in a TCP header. */
  readonly synAckOptions?: Uint8Array;
}

export interface InPath {
  readonly source: Address | undefined;
}

/** A verified request for a new flow. */
export interface DialStep extends Answers {
  readonly kind: 'dial';
  readonly target: NamedTarget;
  /** Of whom, for the log: the name of a key, "user anna". */
  readonly who: string;
  /** Whose [[key]] it is; undefined where others may come. */
  readonly keyId: number | undefined;
  /**
   * The network itself led the client through us to the target: no door is opened to it. `source` is the address that the
   * target is to see, undefined for one of ours.
   */
  readonly inPath?: InPath;
  /** How the flow can be resumed; undefined where the transport cannot. */
  readonly resumable?: { readonly flowId: string; readonly attempt: number };
  readonly hints: PathHints;
  readonly remoteLeg?: RemoteLeg;
  /** The client wants to be told the options of the target's SYN+ACK. */
  readonly wantsSynAck?: boolean;
  /** Nothing but its address speaks for the client: it goes on counting as a stranger until the target has answered. */
  readonly isStranger?: boolean;
  readonly consumed: number;
  /** Absent where the bytes of the flow travel as they are; else `first` came sealed with the request. */
  readonly sealed?: { readonly codec: StreamCodec; readonly first: Buffer };
}

/** A verified request to go on with a flow on this connection; plain data, for the worker that has it. */
export interface ResumeStep {
  readonly kind: 'resume';
  /** The worker that took the earlier hello. */
  readonly worker: number;
  readonly flowId: string;
  readonly point: ResumePoint;
  readonly request: AnswerableRequest;
  readonly hints: PathHints;
  readonly consumed: number;
}

/** What answers need to know of their request. */
export interface AnswerableRequest {
  readonly keyId: number;
  readonly target: SocketAddress;
  readonly tag: Uint8Array;
}

export type ServerStep =
  | { readonly kind: 'more' }
  /** Send this, then ask again, with all the bytes so far and those to come. */
  | { readonly kind: 'send'; readonly bytes: Buffer }
  | DialStep
  | ResumeStep
  /** A proven client wants the connection kept for a request that comes later: send one of the two. */
  | {
      readonly kind: 'keep';
      readonly keyId: number;
      readonly consumed: number;
      readonly accept: Buffer;
      readonly refuse: Buffer;
    }
  /** Send, then close in order: a reset at once could overtake the bytes. `reason` is undefined for an answered question. */
  | {
      readonly kind: 'reply';
      readonly bytes: Buffer;
      readonly reason: FailureReason | undefined;
      readonly detail: string;
    }
  | { readonly kind: 'reset'; readonly reason: FailureReason; readonly detail: string };

export interface ServerHandshake {
  /** The request is known without a byte of the client: `receive` is to be called at once, with none. */
  readonly isSilent?: boolean;
  receive(bytes: Uint8Array): ServerStep;
}

export interface ServerTransport {
  start(): ServerHandshake;
}
