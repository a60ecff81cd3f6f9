// Hellos as a router would send them, made by hand: to be cut, bent, sent twice or signed with a wrong key.
import { randomBytes } from 'node:crypto';
import { parseAddress } from '../../src/base/address.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { type ConvertClient, createConvertClient } from '../../src/transport/convert/client.ts';
import type { ClientHandshake, ResumePoint } from '../../src/transport/handshake.ts';

export interface HelloOptions {
  readonly keyId?: number;
  /** Base64; the lab's key when not given. */
  readonly key?: string;
  /** How far the router's clock is ahead. */
  readonly aheadMs?: number;
  /** The device's first bytes, behind the hello. */
  readonly early?: Uint8Array;
}

export interface CraftedHello {
  readonly bytes: Buffer;
  /** Judges the server's reply to it. */
  readonly handshake: ClientHandshake;
}

/** The length of a hello without cookie and first bytes. */
export const HELLO_BYTES = 72;

const SERVER_ID = 'wanbond';

interface Target {
  readonly address: string;
  readonly port: number;
}

// Behind header and Connect TLV, and the first fields of the Auth TLV.
const NONCE_AT = 4 + 20 + 16;
const NONCE_BYTES = 16;

export function craftHello(lab: Lab, target: Target, options: HelloOptions = {}): CraftedHello {
  const handshake = startHandshake(lab, target, options, randomBytes);
  return { bytes: handshake.hello(options.early ?? Buffer.alloc(0)), handshake };
}

/** One that asks to go on with the flow of `earlier`; with another key it names that one's nonce all the same. */
export function craftResumed(
  lab: Lab,
  target: Target,
  earlier: CraftedHello,
  point: ResumePoint,
  options: HelloOptions = {},
): CraftedHello {
  const nonces = [earlier.bytes.subarray(NONCE_AT, NONCE_AT + NONCE_BYTES)];
  const random = (bytes: number): Uint8Array => nonces.pop() ?? randomBytes(bytes);
  const handshake = startHandshake(lab, target, options, random).resume?.(point);
  if (!handshake) throw new Error('this transport does not resume');
  return { bytes: handshake.hello(options.early ?? Buffer.alloc(0)), handshake };
}

function startHandshake(
  lab: Lab,
  target: Target,
  options: HelloOptions,
  random: (bytes: number) => Uint8Array,
): ClientHandshake {
  const client = clientOf(lab, options, random);
  return client.start({ address: parseAddress(target.address), port: target.port });
}

/** Asks to keep the connection for a hello that comes later. */
export function craftWarm(lab: Lab, options: HelloOptions = {}): CraftedHello {
  const handshake = clientOf(lab, options, randomBytes).warm?.();
  if (!handshake) throw new Error('this transport keeps no connections');
  return { bytes: handshake.hello(Buffer.alloc(0)), handshake };
}

function clientOf(lab: Lab, options: HelloOptions, random: (bytes: number) => Uint8Array): ConvertClient {
  return createConvertClient({
    serverId: SERVER_ID,
    keyId: options.keyId ?? 1,
    psk: Buffer.from(options.key ?? lab.files.key, 'base64'),
    now: () => Date.now() + (options.aheadMs ?? 0),
    random,
  });
}
