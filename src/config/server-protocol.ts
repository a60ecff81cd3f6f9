// What the router speaks with a server: Convert to one of ours, or one of the stock protocols.
import * as z from 'zod';
import { choice, fault, flag, integerOr, keyDocs, word } from './field.ts';
import { type ReadKeyFile, refuseKey, requireOneKey, secretShape } from './secret.ts';
import { DEFAULT_SERVER_ID, isTable, serverId } from './shared.ts';
import { type ShadowsocksKeys, shadowsocksKeys } from './shadowsocks-key.ts';
import { type Method, type MethodName, METHODS } from './shadowsocks-method.ts';
import { SOCKS_WORD, SOCKS_WORD_RULE } from './socks-user.ts';

export interface ConvertProtocol {
  readonly transport: 'convert';
  /** The server's own id, part of every proof. */
  readonly id: string;
  readonly keyId: number;
  /** 32 bytes; never to be logged. Undefined for a converter of others, whose id and key id say nothing. */
  readonly key: Uint8Array | undefined;
}

/** 1 to 255 bytes each. */
export interface SocksLogin {
  readonly user: string;
  readonly password: string;
}

export interface Socks5Protocol {
  readonly transport: 'socks5';
  readonly login: SocksLogin | undefined;
  /** Whether the request leaves before the server has answered the greeting; `auto`: as a trial shows. */
  readonly pipelined: Pipelined;
}

/** draft-olteanu-intarea-socks-6-11; experimental. */
export interface Socks6Protocol {
  readonly transport: 'socks6';
  readonly login: SocksLogin | undefined;
}

export interface ShadowsocksProtocol {
  readonly transport: 'shadowsocks';
  /** `none`: nothing is encrypted, and no key asked for. */
  readonly cipher: { readonly method: Method; readonly keys: ShadowsocksKeys } | 'none';
}

export type ServerProtocol = ConvertProtocol | Socks5Protocol | Socks6Protocol | ShadowsocksProtocol;
export type ServerTransport = ServerProtocol['transport'];
export const SERVER_TRANSPORTS = ['convert', 'socks5', 'socks6', 'shadowsocks', 'direct'] as const satisfies (
  | ServerTransport
  | 'direct'
)[];

const DEFAULT_KEY_ID = 1;
const PIPELINED = ['auto', 'on', 'off'] as const;
export type Pipelined = (typeof PIPELINED)[number];

const METHOD_NAMES: ['none', ...MethodName[]] = ['none', ...METHODS.keys()];

export function serverProtocolShape(readKeyFile: ReadKeyFile) {
  return {
    id: serverId('The id of the server, as in its own config.'),
    'key-id': integerOr(
      DEFAULT_KEY_ID,
      { min: 0, max: 0xffff_ffff },
      'Which of the keys of the server ours is.',
    ),
    foreign: flag(
      false,
      'Of "convert": the server is an RFC 8803 converter of others, which has no key: nothing proves to it who we are, but our address, nor to us who it is.',
    ),
    ...secretShape(readKeyFile),
    user: word(SOCKS_WORD, SOCKS_WORD_RULE)
      .optional()
      .register(keyDocs, {
        type: `text, ${SOCKS_WORD_RULE}`,
        description: 'Of "socks5" and "socks6": the name to log in with; without it nobody logs in.',
      }),
    method: z
      .enum(METHOD_NAMES)
      .optional()
      .register(keyDocs, {
        type: METHOD_NAMES.map((name) => JSON.stringify(name)).join(' or '),
        description: 'Of "shadowsocks", and required for it: the cipher, as the server has it.',
      }),
    password: z.string().optional().register(keyDocs, {
      type: 'text; base64 of 16 or 32 bytes for a "2022-" method',
      description:
        'Of SOCKS with a user, and of "shadowsocks": what the server has. Of a server that tells users apart, the keys as its programs write them, with colons in between.',
    }),
    pipelined: choice(
      'auto',
      PIPELINED,
      'Of "socks5": whether the request goes out before the greeting is answered, which saves round trips, but not all servers take it; "auto" tries that out.',
    ),
  };
}

type Read = z.output<z.ZodObject<ReturnType<typeof serverProtocolShape>>>;

// What each transport takes besides what has a default.
const USED: Readonly<Record<ServerTransport, readonly string[]>> = {
  convert: ['key', 'key-file'],
  socks5: ['user', 'password'],
  socks6: ['user', 'password'],
  shadowsocks: ['method', 'password'],
};
const SPECIFIC = ['key', 'key-file', 'user', 'method', 'password'];
// Of one transport only, with what they are when nobody gives them.
const DEFAULTS_OF_ONE: readonly (readonly [string, ServerTransport, unknown])[] = [
  ['id', 'convert', DEFAULT_SERVER_ID],
  ['key-id', 'convert', DEFAULT_KEY_ID],
  ['foreign', 'convert', false],
  ['pipelined', 'socks5', 'auto'],
];

/** Reports keys of another transport, and a missing key. `read` may be half-checked. */
export function checkServerProtocol(read: object, context: z.RefinementCtx): void {
  if (!isTable(read)) return;
  const transport = read['transport'] as ServerTransport;
  // Whatever else stands there is told already.
  if (!Object.hasOwn(USED, transport)) return;
  const used = USED[transport];
  const foreign = [
    ...SPECIFIC.filter((key) => read[key] !== undefined && !used.includes(key)),
    ...DEFAULTS_OF_ONE.flatMap(([key, of, usual]) => (of !== transport && read[key] !== usual ? [key] : [])),
  ];
  for (const key of foreign)
    fault(context, `has no meaning for "${transport}"`, 'Remove it, or correct `transport`.', [key]);
  if (transport !== 'convert') return;
  if (read['foreign'] === true) refuseKey(read, context);
  else requireOneKey(read, context);
}

export function serverProtocol(
  read: Read & { readonly transport: ServerTransport },
  context: z.RefinementCtx,
): ServerProtocol {
  switch (read.transport) {
    case 'convert':
      return {
        transport: 'convert',
        id: read.id,
        keyId: read['key-id'],
        key: read.foreign ? undefined : (read.key ?? read['key-file'] ?? new Uint8Array(0)),
      };
    case 'socks5':
      return { transport: 'socks5', login: login(read, context), pipelined: read.pipelined };
    case 'socks6':
      return { transport: 'socks6', login: login(read, context) };
    default:
      return shadowsocks(read, context);
  }
}

function login({ user, password }: Read, context: z.RefinementCtx): SocksLogin | undefined {
  if (user === undefined && password !== undefined)
    return fault(context, 'is missing', 'Add the user that the password belongs to.', ['user']);
  if (user === undefined) return undefined;
  if (password !== undefined && SOCKS_WORD.test(password)) return { user, password };
  return fault(context, `is not ${SOCKS_WORD_RULE}`, 'Write the password of the user.', ['password']);
}

function shadowsocks({ method: name, password }: Read, context: z.RefinementCtx): ServerProtocol {
  if (name === 'none') {
    if (password === undefined) return { transport: 'shadowsocks', cipher: 'none' };
    return fault(context, 'has no meaning for method "none"', 'Remove it, or choose a cipher.', ['password']);
  }
  const method = name && METHODS.get(name);
  if (!method)
    return fault(context, 'is missing', 'Write the cipher of the server, like method = "aes-256-gcm".', [
      'method',
    ]);
  if (password === undefined)
    return fault(context, 'is missing', 'Write the password of the server.', ['password']);
  const keys = shadowsocksKeys(method, password, context, ['password']);
  return { transport: 'shadowsocks', cipher: { method, keys } };
}
