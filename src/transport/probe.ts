// Link probes: an authenticated UDP datagram to the server and its answer, of the same length so that nobody can use
// the server to multiply traffic. The answer tells the address that the server sees, NAT and all, and what it reaches.
//
//   magic "WBPR" | version 1 | kind 1 request, 2 reply | 0 u16 | key id u32 | sequence u32 | seen address 16 | seen
//   port u16 | families u16, of a reply: bit 0 IPv4, bit 1 IPv6, 0 when the server does not know | tag 16 (HMAC-SHA256 under Kc or Ks, over label, server id and the datagram with the tag zeroed)
import type { SocketAddress } from '../base/address.ts';
import type { Families } from './handshake.ts';
import { sign, verify } from './convert/auth.ts';
import { FAMILY_V4, FAMILY_V6 } from './convert/constants.ts';
import { deriveKeys, type RouterKey } from './convert/keys.ts';

export const PROBE_BYTES = 52;

const MAGIC = 0x57425052;
const VERSION = 1;
const KIND_REQUEST = 1;
const KIND_REPLY = 2;
const KIND_AT = 5;
const KEY_ID_AT = 8;
const SEQUENCE_AT = 12;
const ADDRESS_AT = 16;
const PORT_AT = 32;
const FAMILIES_AT = 34;
const TAG_AT = 36;

export interface ProbeReply {
  readonly sequence: number;
  /** Our address and port as the server sees them. */
  readonly seenAs: SocketAddress;
  /** What the server reaches; undefined when it does not tell. */
  readonly families: Families | undefined;
}

export interface ProbeClient {
  /** @param sequence u32, never used twice by a client at a time: replies are matched by it. */
  request(sequence: number): Buffer;
  /** Undefined for anything but an authentic reply. */
  parseReply(datagram: Uint8Array): ProbeReply | undefined;
}

/** Answers one datagram, or undefined when it gets none: the unauthenticated learn nothing, not even that we are here. */
export type ProbeResponder = (datagram: Uint8Array, from: SocketAddress) => Buffer | undefined;

const labelOf = (serverId: string): Buffer => Buffer.from(`wanbond v1 probe\0${serverId}`, 'utf8');

/** @throws WanbondError `bad-key` */
export function createProbeClient(serverId: string, key: RouterKey): ProbeClient {
  const { clientToServer, serverToClient } = deriveKeys(key);
  const label = labelOf(serverId);
  return {
    request(sequence) {
      const out = start(KIND_REQUEST, key.id, sequence);
      sign(clientToServer, label, out, TAG_AT);
      return out;
    },
    parseReply(datagram) {
      const read = readProbe(datagram, KIND_REPLY);
      if (!read || read.readUInt32BE(KEY_ID_AT) !== key.id) return undefined;
      if (!verify(serverToClient, label, read, TAG_AT)) return undefined;
      const address = Uint8Array.from(read.subarray(ADDRESS_AT, PORT_AT));
      return {
        sequence: read.readUInt32BE(SEQUENCE_AT),
        seenAs: { address, port: read.readUInt16BE(PORT_AT) },
        families: familiesOf(read.readUInt16BE(FAMILIES_AT)),
      };
    },
  };
}

/** @throws WanbondError `bad-key` */
export function createProbeResponder(
  serverId: string,
  keys: readonly RouterKey[],
  families: () => Families | undefined = () => undefined,
): ProbeResponder {
  const label = labelOf(serverId);
  const byId = new Map(keys.map((key) => [key.id, deriveKeys(key)]));
  return (datagram, from) => {
    const read = readProbe(datagram, KIND_REQUEST);
    const keyId = read?.readUInt32BE(KEY_ID_AT) ?? 0;
    const derived = byId.get(keyId);
    if (!read || !derived || !verify(derived.clientToServer, label, read, TAG_AT)) return undefined;
    const out = start(KIND_REPLY, keyId, read.readUInt32BE(SEQUENCE_AT));
    out.set(from.address, ADDRESS_AT);
    out.writeUInt16BE(from.port, PORT_AT);
    out.writeUInt16BE(familyBits(families()), FAMILIES_AT);
    sign(derived.serverToClient, label, out, TAG_AT);
    return out;
  };
}

function familyBits(families: Families | undefined): number {
  return (families?.v4 ? FAMILY_V4 : 0) | (families?.v6 ? FAMILY_V6 : 0);
}

function familiesOf(bits: number): Families | undefined {
  const families = { v4: (bits & FAMILY_V4) !== 0, v6: (bits & FAMILY_V6) !== 0 };
  return families.v4 || families.v6 ? families : undefined;
}

function start(kind: number, keyId: number, sequence: number): Buffer {
  const out = Buffer.alloc(PROBE_BYTES);
  out.writeUInt32BE(MAGIC, 0);
  out.writeUInt8(VERSION, 4);
  out.writeUInt8(kind, KIND_AT);
  out.writeUInt32BE(keyId, KEY_ID_AT);
  out.writeUInt32BE(sequence, SEQUENCE_AT);
  return out;
}

/** The datagram when its form is right; its tag is not looked at. */
function readProbe(datagram: Uint8Array, kind: number): Buffer | undefined {
  if (datagram.length !== PROBE_BYTES) return undefined;
  const read = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const isOurs = read.readUInt32BE(0) === MAGIC && read[4] === VERSION && read[KIND_AT] === kind;
  return isOurs ? read : undefined;
}
