// What the tests of SOCKS 6 share: bytes from hex, and the same two users and targets.
import { parseAddress } from '../../base/address.ts';
import type { Socks6ServerTransport, Socks6Step } from './server.ts';

/** Bytes of hex digits, in groups as the draft's figures have them. */
export const hex = (text: string): Buffer => {
  const digits = text.replaceAll(/\s/g, '');
  const bytes = Buffer.from(digits, 'hex');
  if (bytes.length * 2 !== digits.length) throw new Error(`not all of it is hex: ${text}`);
  return bytes;
};

export const NOW = 1_700_000_000_000;
export const NONE = Buffer.alloc(0);
export const TARGET = { address: parseAddress('192.0.2.7'), port: 443 };
export const TARGET6 = { address: parseAddress('2001:db8::7'), port: 80 };
export const NAMED = { name: 'a.example', port: 25 };
export const LOGIN = { user: 'anna', password: 'geheim' };
export const USERS = [
  { name: LOGIN.user, password: LOGIN.password },
  { name: 'bob', password: 'other' },
];

/** The step that ends what the server says to these bytes, and what it sends before. */
export function serve(
  server: ReturnType<Socks6ServerTransport['start']>,
  bytes: Buffer,
): { last: Socks6Step; sent: Buffer } {
  const sent: Buffer[] = [];
  for (;;) {
    const last = server.receive(bytes);
    if (last.kind !== 'send') return { last, sent: Buffer.concat(sent) };
    sent.push(last.bytes);
  }
}
