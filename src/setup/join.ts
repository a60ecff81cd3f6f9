// The join string: all that a router has to know of its server, in one line to be copied or scanned.
import { createHash } from 'node:crypto';
import { WanbondError } from '../base/error.ts';
import { KEY_BYTES } from '../config/secret.ts';

export interface Join {
  /** Addresses or names of the server, preferred first; at least one. */
  readonly hosts: readonly string[];
  readonly port: number;
  readonly serverId: string;
  readonly keyId: number;
  /** 32 bytes; never to be logged. */
  readonly key: Uint8Array;
}

const VERSION = 1;
const PREFIX = `wanbond${VERSION}:`;
// Enough that a mistyped string passes once in four thousand million; more would make the QR code larger.
const CHECKSUM_BYTES = 4;
// Total length, port, key id, key.
const FIXED_BYTES = 2 + 2 + 4 + KEY_BYTES;

/** `wanbond1:` and base64url of: u16 length of it all, u16 port, u32 key id, key, id, u8 count, hosts, checksum. */
export function encodeJoin(join: Join): string {
  const fixed = Buffer.alloc(FIXED_BYTES);
  fixed.writeUInt16BE(join.port, 2);
  fixed.writeUInt32BE(join.keyId, 4);
  fixed.set(join.key, 8);
  const hosts = join.hosts.map(shortText);
  const body = Buffer.concat([fixed, shortText(join.serverId), Buffer.of(hosts.length), ...hosts]);
  body.writeUInt16BE(body.length + CHECKSUM_BYTES, 0);
  return PREFIX + Buffer.concat([body, checksum(body)]).toString('base64url');
}

/** White space is ignored: terminals break long lines. @throws WanbondError that says what is wrong with `text`. */
export function decodeJoin(text: string): Join {
  const packed = text.replaceAll(/\s/g, '');
  const version = Number(/^wanbond(\d{1,4}):/.exec(packed)?.[1] ?? Number.NaN);
  if (version > VERSION) {
    throw bad('join-newer', 'was made by a newer wanbond', 'Install the version of the server here too.');
  }
  if (version !== VERSION || !packed.startsWith(PREFIX)) {
    throw bad(
      'join-foreign',
      `does not begin with ${PREFIX}`,
      'Copy the whole string, from its first letter.',
    );
  }
  const encoded = packed.slice(PREFIX.length);
  const strange = /[^A-Za-z0-9_-]/.exec(encoded);
  if (strange) throw damaged(`has a character that does not belong there (${JSON.stringify(strange[0])})`);
  const bytes = Buffer.from(encoded, 'base64url');
  const length = bytes.length < 2 ? Number.POSITIVE_INFINITY : bytes.readUInt16BE(0);
  if (bytes.length < length) {
    throw bad(
      'join-truncated',
      'is cut off, its end is missing',
      'Copy the whole string, to its last letter.',
    );
  }
  if (bytes.length > length) throw damaged('is longer than it says');
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  const isWhole = bytes.subarray(-CHECKSUM_BYTES).equals(checksum(body));
  // The last letter has bits that stand for nothing; a change of them is a change all the same.
  if (!isWhole || bytes.toString('base64url') !== encoded) throw damaged('has a wrong checksum');
  return parseBody(body);
}

function parseBody(body: Buffer): Join {
  let at = FIXED_BYTES;
  const next = (): string => {
    const end = at + 1 + body.readUInt8(at);
    const read = body.toString('utf8', at + 1, end);
    at = end;
    return read;
  };
  const serverId = next();
  const hosts = Array.from({ length: body.readUInt8(at++) }, next);
  const key = Uint8Array.from(body.subarray(8, FIXED_BYTES));
  return { hosts, port: body.readUInt16BE(2), serverId, keyId: body.readUInt32BE(4), key };
}

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 0xff) throw new RangeError(`${bytes.length} bytes are too long for a join string`);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function checksum(body: Buffer): Buffer {
  return createHash('sha256').update(PREFIX).update(body).digest().subarray(0, CHECKSUM_BYTES);
}

function damaged(what: string): WanbondError {
  return bad('join-damaged', what, 'Copy it again; `wanbond init server --add-router NAME` makes a new one.');
}

/** The string itself never gets into the message: it holds the key. */
function bad(code: string, what: string, hint: string): WanbondError {
  return new WanbondError({ code, message: `the join string ${what}`, hint });
}
