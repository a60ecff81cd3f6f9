// Link probes: an authenticated UDP datagram to the server and its answer, of the same length so that nobody can use
// the server to multiply traffic. The answer tells the address that the server sees, NAT and all.
//
//   magic "WBPR" | version 1 | kind 1 request, 2 reply | 0 u16 | key id u32 | sequence u32 | seen address 16 | seen
//   port u16 | 0 u16 | tag 16 (HMAC-SHA256 under Kc or Ks, over label, server id and the datagram with the tag zeroed)
import type { KeyObject } from 'node:crypto';
import type { SocketAddress } from '../base/address.ts';
import { sign, verify } from './convert/auth.ts';
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
const TAG_AT = 36;

export interface ProbeReply {
  readonly sequence: number;
  /** Our address and port as the server sees them. */
  readonly seenAs: SocketAddress;
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
      };
    },
  };
}

/** @throws WanbondError `bad-key` */
export function createProbeResponder(serverId: string, keys: readonly RouterKey[]): ProbeResponder {
  const label = labelOf(serverId);
  const byId = new Map(keys.map((key) => [key.id, deriveKeys(key)]));
  return (datagram, from) => {
    const read = readProbe(datagram, KIND_REQUEST);
    const keyId = read?.readUInt32BE(KEY_ID_AT) ?? 0;
    const derived = byId.get(keyId);
    if (!read || !derived || !verify(derived.clientToServer, label, read, TAG_AT)) return undefined;
    return reply(derived.serverToClient, label, keyId, read.readUInt32BE(SEQUENCE_AT), from);
  };
}

function reply(key: KeyObject, label: Buffer, keyId: number, sequence: number, from: SocketAddress): Buffer {
  const out = start(KIND_REPLY, keyId, sequence);
  out.set(from.address, ADDRESS_AT);
  out.writeUInt16BE(from.port, PORT_AT);
  sign(key, label, out, TAG_AT);
  return out;
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
