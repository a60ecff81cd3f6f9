// What a [[listen]] of the server speaks: with its own users where it is one of the stock protocols.
import * as z from 'zod';
import { type Address, familyOf } from '../base/address.ts';
import type { Prefix } from '../base/prefix.ts';
import { isPrivate } from '../base/private-address.ts';
import { fault, keyDocs, prefixes } from './field.ts';
import { interceptShape } from './intercept.ts';
import { isTable } from './shared.ts';
import { shadowsocksKeys } from './shadowsocks-key.ts';
import { type Method, type MethodName, METHODS } from './shadowsocks-method.ts';
import { refuseDoubles, type SocksUser, socksUsers } from './socks-user.ts';

export interface ShadowsocksUser {
  readonly name: string;
  /** As long as the method wants it; never to be logged. */
  readonly key: Uint8Array;
}

export type ShadowsocksUsers = readonly [ShadowsocksUser, ...ShadowsocksUser[]];

export type ListenProtocol =
  | {
      readonly transport: 'convert';
      /** From where clients may use it without a key; none by default. */
      readonly foreignClients: readonly Prefix[];
    }
  /** `users` undefined: whoever reaches it. */
  | { readonly transport: 'socks5' | 'socks6'; readonly users: readonly SocksUser[] | undefined }
  | {
      readonly transport: 'shadowsocks';
      readonly method: Method;
      /** Opens the identity headers that name the user; undefined with one user, whose key opens everything. */
      readonly identityKey: Uint8Array | undefined;
      readonly users: ShadowsocksUsers;
    };

export type ListenTransport = ListenProtocol['transport'] | 'intercept';
export const LISTEN_TRANSPORTS = [
  'convert',
  'socks5',
  'socks6',
  'shadowsocks',
  'intercept',
] as const satisfies ListenTransport[];

const METHOD_NAMES = [...METHODS.keys()] as [MethodName, ...MethodName[]];

/** ::/0, or 0.0.0.0/0 in the 16-byte form. */
const isEverybody = ({ address: base, bits }: Prefix): boolean =>
  bits === 0 || (bits === 96 && familyOf(base) === 4);

export const listenProtocolShape = {
  'foreign-clients': prefixes(
    'Of "convert": addresses from which RFC 8803 clients of others may use this listener without a key. Whoever sends from there can reach all that [egress] permits, as from this server, and nobody proves anything to anybody: name networks in which you know every host, and whose addresses nobody else can use on the way here.',
  ).superRefine((list, context) => {
    if (!list.some(isEverybody)) return;
    const hint = 'Name the networks of the clients: this would be an open proxy for everybody.';
    fault(context, 'names every address there is', hint);
  }),
  method: z
    .enum([...METHOD_NAMES, 'none'])
    .optional()
    .register(keyDocs, {
      type: METHOD_NAMES.map((name) => JSON.stringify(name)).join(' or '),
      description: 'The cipher of "shadowsocks".',
    }),
  password: z.string().optional().register(keyDocs, {
    type: 'text; base64 of 16 or 32 bytes for a "2022-" method',
    description:
      'What the clients of "shadowsocks" share. With `user`, which takes a 2022 method with AES: the key that only names them.',
  }),
  user: socksUsers(
    'Who may use a "socks5", "socks6" or "shadowsocks" listener. Required for SOCKS, unless it listens on loopback and private addresses only.',
  ),
};

interface ReadListen {
  readonly transport: ListenProtocol['transport'];
  readonly address: readonly Address[];
  readonly 'foreign-clients': readonly Prefix[];
  readonly method?: MethodName | 'none' | undefined;
  readonly password?: string | undefined;
  readonly user?: readonly SocksUser[] | undefined;
}

// Those that do not concern every transport.
const SPECIFIC = ['address', 'port', ...Object.keys(listenProtocolShape), ...Object.keys(interceptShape)];
const USED: Readonly<Record<ListenTransport, readonly string[]>> = {
  convert: ['address', 'port', 'foreign-clients'],
  socks5: ['address', 'port', 'user'],
  socks6: ['address', 'port', 'user'],
  shadowsocks: ['address', 'port', 'method', 'password', 'user'],
  intercept: Object.keys(interceptShape),
};

/** Reports keys of another transport. `read` may be half-checked. */
export function refuseForeignKeys(read: unknown, context: z.RefinementCtx): void {
  if (!isTable(read)) return;
  const transport = read['transport'] as ListenTransport;
  // Whatever else stands there is told already.
  if (!Object.hasOwn(USED, transport)) return;
  const used = USED[transport];
  for (const key of SPECIFIC) {
    const value = read[key];
    if (value === undefined || used.includes(key) || (Array.isArray(value) && value.length === 0)) continue;
    fault(context, `has no meaning for "${transport}"`, 'Remove it, or correct `transport`.', [key]);
  }
}

export function listenProtocol(read: ReadListen, context: z.RefinementCtx): ListenProtocol {
  switch (read.transport) {
    case 'convert':
      return { transport: 'convert', foreignClients: read['foreign-clients'] };
    case 'socks5':
    case 'socks6':
      return socks(read.transport, read, context);
    default:
      return shadowsocks(read, context);
  }
}

function socks(
  transport: 'socks5' | 'socks6',
  { address, user: users }: ReadListen,
  context: z.RefinementCtx,
): ListenProtocol {
  if (users) refuseDoubles(users, context);
  else if (!address.every(isPrivate)) {
    const hint =
      'Add user = [{ name = "...", password = "..." }], or let `address` be loopback and private ones only.';
    return fault(context, 'is missing: the whole Internet could use this server', hint, ['user']);
  }
  return { transport, users };
}

function shadowsocks(
  { method: name, password, user: users }: ReadListen,
  context: z.RefinementCtx,
): ListenProtocol {
  if (name === 'none') {
    const hint = 'Choose a cipher, like method = "2022-blake3-aes-128-gcm".';
    return fault(context, '"none" asks nobody for a key: the whole Internet could use this server', hint, [
      'method',
    ]);
  }
  const method = name && METHODS.get(name);
  if (!method) return fault(context, 'is missing', 'Add method = "2022-blake3-aes-128-gcm".', ['method']);
  if (password === undefined)
    return fault(context, 'is missing', 'Add the password of the clients.', ['password']);
  const keys = shadowsocksKeys(method, password, context, ['password']);
  // A mistake, which is told already.
  if (!Array.isArray(keys)) return z.NEVER;
  const [key, ...more] = keys as [Uint8Array];
  if (more.length > 0)
    return fault(context, 'holds several keys', 'Write one here, and the keys of users in `user`.', [
      'password',
    ]);
  if (!users)
    return {
      transport: 'shadowsocks',
      method,
      identityKey: undefined,
      users: [{ name: 'shadowsocks', key }],
    };
  if (method.edition === 2017 || method.cipher === 'chacha20-poly1305') {
    const hint =
      'Choose "2022-blake3-aes-128-gcm" or "2022-blake3-aes-256-gcm", or one [[listen]] for each user.';
    return fault(context, `${method.name} cannot tell users apart`, hint, ['user']);
  }
  refuseDoubles(users, context);
  const all = users.flatMap((one, i): ShadowsocksUser[] => {
    const own = shadowsocksKeys(method, one.password, context, ['user', i, 'password']);
    return Array.isArray(own) ? [{ name: one.name, key: own[0] as Uint8Array }] : [];
  });
  if (all.length < users.length) return z.NEVER;
  refuseSharedKeys(all, context);
  return { transport: 'shadowsocks', method, identityKey: key, users: all as unknown as ShadowsocksUsers };
}

/** By its key a user is known. */
function refuseSharedKeys(users: readonly ShadowsocksUser[], context: z.RefinementCtx): void {
  users.forEach(({ key }, index) => {
    const first = users.findIndex((other) => Buffer.compare(other.key, key) === 0);
    if (first === index) return;
    const hint = 'Make another one for every user, or nobody could tell them apart.';
    fault(context, `is the same as of user[${first}]`, hint, ['user', index, 'password']);
  });
}
