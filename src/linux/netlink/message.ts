// Netlink messages (struct nlmsghdr): several in one datagram, each padded to 4 bytes; and the kernel's errors in them.
import { NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSGERR_ATTR_MSG } from './abi.ts';
import { align, readAttributes, readText } from './attribute.ts';

// u32 length, u16 type, u16 flags, u32 sequence, u32 port.
const HEADER_BYTES = 16;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** A view of the datagram. */
  readonly body: Buffer;
}

/** Ends without a word at the first message that does not fit into the datagram. */
export function readMessages(datagram: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER_BYTES <= datagram.length; ) {
    const length = datagram.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > datagram.length) break;
    messages.push({
      type: datagram.readUInt16LE(at + 4),
      flags: datagram.readUInt16LE(at + 6),
      sequence: datagram.readUInt32LE(at + 8),
      body: datagram.subarray(at + HEADER_BYTES, at + length),
    });
    at += align(length);
  }
  return messages;
}

export function encodeMessage(message: NetlinkMessage): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(HEADER_BYTES + message.body.length, 0);
  header.writeUInt16LE(message.type, 4);
  header.writeUInt16LE(message.flags, 6);
  header.writeUInt32LE(message.sequence, 8);
  return Buffer.concat([header, message.body]);
}

export interface NetlinkFailure {
  /** Positive; 0 is an acknowledgement. */
  readonly errno: number;
  /** The kernel's own words (NETLINK_EXT_ACK), if it has any. */
  readonly words: string | undefined;
}

/** What NLMSG_ERROR says: s32 error, header of the request, its body unless capped, attributes. */
export function readFailure({ flags, body }: NetlinkMessage): NetlinkFailure {
  const errno = body.length >= 4 ? Math.abs(body.readInt32LE(0)) : 0;
  if ((flags & NLM_F_ACK_TLVS) === 0 || body.length < 4 + HEADER_BYTES) return { errno, words: undefined };
  const echoed = (flags & NLM_F_CAPPED) === 0 ? Math.max(body.readUInt32LE(4), HEADER_BYTES) : HEADER_BYTES;
  return { errno, words: readText(readAttributes(body.subarray(4 + align(echoed))), NLMSGERR_ATTR_MSG) };
}

/** The result of a dump, from NLMSG_DONE: 0, or a positive errno. */
export function readDone({ body }: NetlinkMessage): number {
  return body.length >= 4 ? Math.abs(body.readInt32LE(0)) : 0;
}
