// TCP options as far as Linux lets a program see them: those that this host's SYNs have, and those of a peer's SYN+ACK.
import * as c from './constants.ts';
import { rawGetsockopt } from './libc.ts';
import { stillMptcp } from './sockets.ts';
import { readSysctl } from './sysctl.ts';

// IANA's kinds, and the lengths of those whose value is not told here.
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const TIMESTAMPS = 8;
const MPTCP = 30;
const BARE_BYTES = 2;
const WINDOW_SCALE_BYTES = 3;

// struct tcp_info of linux/tcp.h.
const OPTIONS_AT = 5;
const WINDOW_SCALES_AT = 6;
const HAS_TIMESTAMPS = 1;
const HAS_SACK = 2;
const HAS_WINDOW_SCALE = 4;
const PEER_SCALE_MASK = 0x0f;
const INFO_BYTES = 8;

/** The kinds that a client of ours may ask for: MPTCP, and what the settings of this network namespace add to all SYNs. */
export function synOptionKinds(): number[] {
  const isOn = (name: string): boolean => (readSysctl(`net.ipv4.${name}`) ?? '0') !== '0';
  return [
    MPTCP,
    ...(isOn('tcp_sack') ? [SACK_PERMITTED] : []),
    ...(isOn('tcp_timestamps') ? [TIMESTAMPS] : []),
  ];
}

/**
 * What the peer of a connected socket answered to our SYN, as in a TCP header and without padding. The kernel tells the
 * window scale; of SACK-permitted, timestamps and MPTCP only that they were there; of the MSS nothing.
 */
export function synAckOptions(fd: number): Uint8Array {
  const info = Buffer.alloc(INFO_BYTES);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(info.length);
  if (rawGetsockopt(fd, c.SOL_TCP, c.TCP_INFO, info, length) < 0) return new Uint8Array(0);
  const flags = info.readUInt8(OPTIONS_AT);
  const scale = info.readUInt8(WINDOW_SCALES_AT) & PEER_SCALE_MASK;
  return Uint8Array.from([
    ...((flags & HAS_SACK) === 0 ? [] : [SACK_PERMITTED, BARE_BYTES]),
    ...((flags & HAS_TIMESTAMPS) === 0 ? [] : [TIMESTAMPS, BARE_BYTES]),
    ...((flags & HAS_WINDOW_SCALE) === 0 ? [] : [WINDOW_SCALE, WINDOW_SCALE_BYTES, scale]),
    ...(stillMptcp(fd) ? [MPTCP, BARE_BYTES] : []),
  ]);
}
