// The config of the server role: its schema, and the type that the rest of the program sees.
import * as z from 'zod';
import { type Address, familyOf } from '../base/address.ts';
import type { Prefix } from '../base/prefix.ts';
import {
  absolutePath,
  address,
  choice,
  fault,
  integer,
  integerOr,
  keyDocs,
  oneOrMore,
  prefixes,
  word,
} from './field.ts';
import { type LogConfig, log } from './log.ts';
import { type ServerRelayConfig, serverRelay } from './relay.ts';
import { type ReadKeyFile, requireOneKey, secretShape } from './secret.ts';
import { DEFAULT_PORT, duplicates, isTable, serverId } from './shared.ts';

export interface ServerConfig {
  /** Part of every proof; routers name it. */
  readonly id: string;
  readonly stateDir: string;
  /** At least one. */
  readonly listens: readonly ListenConfig[];
  /** At least one, ids unique. */
  readonly keys: readonly KeyConfig[];
  readonly egress: { readonly allow: readonly Prefix[]; readonly deny: readonly Prefix[] };
  readonly relay: ServerRelayConfig;
  readonly log: LogConfig;
}

export interface ListenConfig {
  readonly transport: 'convert';
  /** At least one; the unspecified address of a family means all addresses of that family. */
  readonly addresses: readonly Address[];
  readonly port: number;
  /** From where clients may use it without a key; none by default. */
  readonly foreignClients: readonly Prefix[];
}

export interface KeyConfig {
  readonly id: number;
  readonly name: string;
  /** 32 bytes; never to be logged. */
  readonly key: Uint8Array;
  /** Added to what the egress policy permits, for this key only. */
  readonly egressAllow: readonly Prefix[];
}

/** ::/0, or 0.0.0.0/0 in the 16-byte form. */
const isEverybody = ({ address: base, bits }: Prefix): boolean =>
  bits === 0 || (bits === 96 && familyOf(base) === 4);

const listen = z
  .strictObject({
    transport: choice('convert', ['convert'], 'How routers tell the target.'),
    address: oneOrMore(address()).prefault(['0.0.0.0', '::']).register(keyDocs, {
      type: 'IP address, or list of IP addresses',
      default: '["0.0.0.0", "::"]',
      description: 'Where to listen; "0.0.0.0" is every IPv4 and "::" every IPv6 address.',
    }),
    port: integerOr(DEFAULT_PORT, { min: 1, max: 65_535 }, 'The port to listen on.'),
    'foreign-clients': prefixes(
      'Addresses from which RFC 8803 clients of others may use this listener without a key. Whoever sends from there can reach all that [egress] permits, as from this server, and nobody proves anything to anybody: name networks in which you know every host, and whose addresses nobody else can use on the way here.',
    ).superRefine((list, context) => {
      if (!list.some(isEverybody)) return;
      const hint = 'Name the networks of the clients: this would be an open proxy for everybody.';
      fault(context, 'names every address there is', hint);
    }),
  })
  .transform(
    (read): ListenConfig => ({
      transport: read.transport,
      addresses: read.address,
      port: read.port,
      foreignClients: read['foreign-clients'],
    }),
  )
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
          description: 'Who has this key, for the log and the status; "key-ID" when not given.',
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
      'state-dir': absolutePath().prefault('/run/wanbond-server').register(keyDocs, {
        type: 'absolute path',
        default: '"/run/wanbond-server"',
        description: 'Where the control socket and the record of changed settings are kept.',
      }),
      listen: z
        .array(listen)
        .min(1)
        .register(keyDocs, { type: 'list of tables', description: 'The listeners.' }),
      key: z
        .array(key(readKeyFile))
        .min(1)
        .register(keyDocs, { type: 'list of tables', description: 'The routers.' }),
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
      },
      { when: () => true },
    )
    .transform(
      (read): ServerConfig => ({
        id: read.id,
        stateDir: read['state-dir'],
        listens: read.listen,
        keys: read.key,
        egress: read.egress,
        relay: read.relay,
        log: read.log,
      }),
    );
}
