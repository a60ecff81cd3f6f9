// TCP Fast Open (RFC 7413) on MPTCP sockets: asking for it, and what became of it.
import * as c from './constants.ts';
import { rawGetsockopt, setsockoptIntRaw } from './libc.ts';

/** The most connections that a listener takes on by their SYN alone, before their handshakes end. */
const MAX_PENDING = 4096;

/**
 * A listener takes data in SYNs that have its cookie. MPTCP listeners before Linux 6.2 refuse: then all is as without it.
 */
export function acceptFastOpen(fd: number): void {
  setsockoptIntRaw(fd, c.SOL_TCP, c.TCP_FASTOPEN, MAX_PENDING);
}

/**
 * To be called before connect(). With a cookie of that address connect() returns at once and sends nothing: the SYN leaves
 * with the first bytes. Without one it is an ordinary connect that asks for a cookie.
 */
export function askFastOpen(fd: number): void {
  setsockoptIntRaw(fd, c.SOL_TCP, c.TCP_FASTOPEN_CONNECT, 1);
}

export interface OpeningState {
  /** The far end has not answered the SYN, which may not even have left. */
  readonly isUnanswered: boolean;
  /** It took the data that the SYN carried. */
  readonly isDataTaken: boolean;
  /** It has sent a SYN with data and has not acknowledged ours yet. */
  readonly isHalfOpen: boolean;
}

// struct tcp_info; of an MPTCP socket it is that of the first subflow.
const STATE_AT = 0;
const OPTIONS_AT = 5;
const SYN_SENT = 2;
const SYN_RECV = 3;
const OPTION_SYN_DATA = 32;
const buffer = Buffer.alloc(8);
const length = Buffer.alloc(4);

/** Of a socket that connects or was accepted; undefined when the kernel cannot tell. */
export function openingState(fd: number): OpeningState | undefined {
  length.writeUInt32LE(buffer.length);
  if (rawGetsockopt(fd, c.SOL_TCP, c.TCP_INFO, buffer, length) < 0) return undefined;
  return {
    isUnanswered: buffer.readUInt8(STATE_AT) === SYN_SENT,
    isHalfOpen: buffer.readUInt8(STATE_AT) === SYN_RECV,
    isDataTaken: (buffer.readUInt8(OPTIONS_AT) & OPTION_SYN_DATA) !== 0,
  };
}
