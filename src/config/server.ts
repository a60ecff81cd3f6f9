// The config of the server role: its schema, and the type that the rest of the program sees.
import * as z from 'zod';
import { type Address, ANY_V4, ANY_V6 } from '../base/address.ts';
import type { Prefix } from '../base/prefix.ts';
import { choice, fault, integer, keyDocs, oneOrMore, prefixes, word } from './field.ts';
import { address } from './host-field.ts';
import {
  LISTEN_TRANSPORTS,
  type ListenProtocol,
  listenProtocol,
  listenProtocolShape,
  refuseForeignKeys,
} from './listen-protocol.ts';
import {
  type InterceptConfig,
  interceptConfig,
  interceptMark,
  interceptShape,
  isIntercept,
} from './intercept.ts';
import { refusePortClashes } from './listen-clash.ts';
import { type LogConfig, log } from './log.ts';
import type { MarkConfig } from './mark.ts';
import { type ServerRelayConfig, serverRelay } from './relay.ts';
import { type ReadKeyFile, requireOneKey, secretShape } from './secret.ts';
import { DEFAULT_PORT, duplicates, isTable, serverId, stateDir } from './shared.ts';

export interface ServerConfig {
  /** Part of every proof; routers name it. */
  readonly id: string;
  readonly stateDir: string;
  readonly listens: readonly ListenConfig[];
  /** Listeners for connections to others; with `listens`, at least one. */
  readonly intercepts: readonly InterceptConfig[];
  /** How they get them. */
  readonly interceptMark: MarkConfig;
  /** At least one where a listener speaks `convert`; ids unique. */
  readonly keys: readonly KeyConfig[];
  readonly egress: { readonly allow: readonly Prefix[]; readonly deny: readonly Prefix[] };
  readonly relay: ServerRelayConfig;
  readonly log: LogConfig;
}

export interface ListenConfig {
  readonly protocol: ListenProtocol;
  /** At least one; the unspecified address of a family means all addresses of that family. */
  readonly addresses: readonly Address[];
  readonly port: number;
}

export interface KeyConfig {
  readonly id: number;
  readonly name: string;
  /** 32 bytes; never to be logged. */
  readonly key: Uint8Array;
  /** Added to what the egress policy permits, for this key only. */
  readonly egressAllow: readonly Prefix[];
}

const listen = z
  .strictObject({
    transport: choice(
      'convert',
      LISTEN_TRANSPORTS,
      'What is spoken here: "convert" with our routers; "socks5", "socks6" (draft 11, experimental) and "shadowsocks" with any client of these, over TCP and MPTCP. "intercept" takes connections that are routed through this host, so that servers behind it have MPTCP.',
    ),
    address: oneOrMore(address(true)).optional().register(keyDocs, {
      type: 'IP address, or list of IP addresses',
      default: '["0.0.0.0", "::"]',
      description: 'Where to listen; "0.0.0.0" is every IPv4 and "::" every IPv6 address.',
    }),
    port: integer({ min: 1, max: 65_535 })
      .optional()
      .register(keyDocs, {
        type: 'integer, 1 to 65535',
        default: String(DEFAULT_PORT),
        description: 'The port to listen on.',
      }),
    ...listenProtocolShape,
    ...interceptShape,
  })
  .superRefine(refuseForeignKeys, { when: () => true })
  .transform(({ transport, ...read }, context): ListenConfig | InterceptConfig => {
    if (transport === 'intercept') return interceptConfig(read, context);
    const { address: addresses = [ANY_V4, ANY_V6], port = DEFAULT_PORT } = read;
    return {
      protocol: listenProtocol({ ...read, transport, address: addresses }, context),
      addresses,
      port,
    };
  })
  .register(keyDocs, { type: 'table', description: 'One listener; an empty [[listen]] takes the defaults.' });

function key(readKeyFile: ReadKeyFile) {
  return z
    .strictObject({
      id: integer({ min: 0, max: 0xffff_ffff }).register(keyDocs, {
        type: 'integer, 0 to 4294967295',
        description: 'The number by which the router names this key.',
      }),
      name: word(/^[\x20-\x7e]{1,64}$/, '1 to 64 printable ASCII characters')
        .optional()
        .register(keyDocs, {
          type: 'text, 1 to 64 printable ASCII characters',
          description: 'Who has this key, for the log; "key-ID" when not given.',
        }),
      ...secretShape(readKeyFile),
      'egress-allow': prefixes('Targets that this key may reach besides what [egress] permits.'),
    })
    .superRefine(
      (read, context) => {
        if (isTable(read)) requireOneKey(read, context);
      },
      { when: () => true },
    )
    .transform(
      (read): KeyConfig => ({
        id: read.id,
        name: read.name ?? `key-${read.id}`,
        key: read.key ?? read['key-file'] ?? new Uint8Array(0),
        egressAllow: read['egress-allow'],
      }),
    )
    .register(keyDocs, {
      type: 'table',
      description: 'One router that may use the server; once per router.',
    });
}

const egress = z
  .strictObject({
    allow: prefixes('Targets that every key may reach although they are private or link-local.'),
    deny: prefixes('Targets that no key may reach, whatever else is allowed.'),
  })
  .prefault({})
  .register(keyDocs, {
    type: 'table',
    description: 'Where flows may go. Private and local targets are denied by default.',
  });

export function serverSchema(readKeyFile: ReadKeyFile) {
  return z
    .strictObject({
      id: serverId('The id of this server; its routers give the same.'),
      'state-dir': stateDir('server'),
      listen: z
        .array(listen)
        .min(1)
        .register(keyDocs, { type: 'list of tables', description: 'The listeners.' }),
      key: z
        .array(key(readKeyFile))
        .prefault([])
        .register(keyDocs, { type: 'list of tables', description: 'The routers.' }),
      intercept: interceptMark,
      egress,
      relay: serverRelay,
      log,
    })
    .superRefine(
      (read, context) => {
        for (const { index, first } of duplicates(read.key, 'id')) {
          fault(context, `is the same as of key[${first}]`, 'Give every key its own id.', [
            'key',
            index,
            'id',
          ]);
        }
        requireKey(read, context);
      },
      { when: () => true },
    )
    .superRefine((read, context) => refusePortClashes(read.listen, context))
    .transform(
      (read): ServerConfig => ({
        id: read.id,
        stateDir: read['state-dir'],
        listens: read.listen.flatMap((one) => (isIntercept(one) ? [] : [one])),
        intercepts: read.listen.filter(isIntercept),
        interceptMark: read.intercept,
        keys: read.key,
        egress: read.egress,
        relay: read.relay,
        log: read.log,
      }),
    );
}

/** `read` may be half-checked. */
function requireKey(
  read: { readonly listen?: unknown; readonly key?: unknown },
  context: z.RefinementCtx,
): void {
  if (!Array.isArray(read.key) || read.key.length > 0 || !Array.isArray(read.listen)) return;
  const needsOne = read.listen.some(
    (one: unknown) => isTable(one) && isTable(one['protocol']) && one['protocol']['transport'] === 'convert',
  );
  if (!needsOne) return;
  const hint = 'Add a [[key]] with id and key for each router; `wanbond init server` makes one.';
  fault(context, 'is missing: no router could use the "convert" listener', hint, ['key']);
}
