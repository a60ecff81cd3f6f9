// The options of MPTCP's two handshakes (RFC 8684 sections 3.1 and 3.2), and the hashes in them.
import { createHash, createHmac } from 'node:crypto';

const KIND_MPTCP = 30;
const KIND_END = 0;
const KIND_NOP = 1;
const KIND_MSS = 2;
const CAPABLE = 0x0;
const JOIN = 0x1;
const DSS = 0x2;
const FASTCLOSE = 0x7;
const VERSION = 1;
const FLAG_HMAC_SHA256 = 0x01;
const DSS_HAS_ACK = 0x01;
// What every IPv4 path carries beside its headers (RFC 9293 section 3.7.1): no segment of ours is larger anyway.
const MSS_BYTES = 536;

const MSS = Buffer.from([KIND_MSS, 4, MSS_BYTES >> 8, MSS_BYTES & 0xff]);

/** Tells what MPTCP option of `subtype` a header holds, kind and length included. */
function find(options: Buffer, subtype: number): Buffer | undefined {
  for (let at = 0; at < options.length; ) {
    const kind = options.readUInt8(at);
    if (kind === KIND_END) return undefined;
    if (kind === KIND_NOP) {
      at++;
      continue;
    }
    const length = options[at + 1] ?? 0;
    if (length < 2 || at + length > options.length) return undefined;
    if (kind === KIND_MPTCP && length > 2 && options.readUInt8(at + 2) >> 4 === subtype) {
      return options.subarray(at, at + length);
    }
    at += length;
  }
  return undefined;
}

export function capableSyn(): Buffer {
  return Buffer.concat([MSS, option(4, CAPABLE, VERSION, FLAG_HMAC_SHA256)]);
}

/** The server's key in its SYN+ACK; undefined when the option is not there. */
export function capableReplyKey(options: Buffer): Buffer | undefined {
  const found = find(options, CAPABLE);
  return found && found.length >= 12 ? found.subarray(4, 12) : undefined;
}

export function capableAck(ownKey: Buffer, peerKey: Buffer): Buffer {
  return option(20, CAPABLE, VERSION, FLAG_HMAC_SHA256, ownKey, peerKey);
}

/** Acknowledges the peer's initial data sequence number: with it the connection is fully established. */
export function firstDataAck(peerKey: Buffer): Buffer {
  const acknowledged = Buffer.alloc(4);
  acknowledged.writeUInt32BE((keyHash(peerKey).readUInt32BE(28) + 1) >>> 0);
  return option(8, DSS, 0, DSS_HAS_ACK, acknowledged);
}

export function joinSyn(peerKey: Buffer, addressId: number, nonce: Buffer): Buffer {
  const token = keyHash(peerKey).subarray(0, 4);
  return Buffer.concat([MSS, option(12, JOIN, 0, addressId, token, nonce)]);
}

export interface JoinReply {
  readonly hmac: Buffer;
  readonly nonce: Buffer;
}

export function joinReply(options: Buffer): JoinReply | undefined {
  const found = find(options, JOIN);
  return found?.length === 16 ? { hmac: found.subarray(4, 12), nonce: found.subarray(12, 16) } : undefined;
}

/** The HMAC that whoever owns `ownKey` and `ownNonce` sends; a SYN+ACK holds its first 8 bytes, an ACK 20. */
export function joinHmac(ownKey: Buffer, peerKey: Buffer, ownNonce: Buffer, peerNonce: Buffer): Buffer {
  return createHmac('sha256', Buffer.concat([ownKey, peerKey]))
    .update(ownNonce)
    .update(peerNonce)
    .digest();
}

export function joinAck(hmac: Buffer): Buffer {
  return option(24, JOIN, 0, 0, hmac.subarray(0, 20));
}

export function fastClose(peerKey: Buffer): Buffer {
  return option(12, FASTCLOSE, 0, 0, peerKey);
}

function option(length: number, subtype: number, low: number, next: number, ...rest: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([KIND_MPTCP, length, (subtype << 4) | low, next]), ...rest]);
}

function keyHash(key: Buffer): Buffer {
  return createHash('sha256').update(key).digest();
}
