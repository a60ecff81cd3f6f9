// The config of the router role: its schema, and the type that the rest of the program sees.
import * as z from 'zod';
import { absolutePath, choice, fault, flag, integerOr, interfaceName, keyDocs, oneOrMore } from './field.ts';
import { hostOrAddress, hostText, type ServerHost } from './host-field.ts';
import { type LogConfig, log } from './log.ts';
import { type RedirectConfig, redirect } from './redirect.ts';
import { type RouterRelayConfig, routerRelay } from './relay.ts';
import type { ReadKeyFile } from './secret.ts';
import { checkServers } from './server-list.ts';
import {
  checkServerProtocol,
  SERVER_TRANSPORTS,
  type ServerProtocol,
  type ServerTransport,
  serverProtocol,
  serverProtocolShape,
} from './server-protocol.ts';
import { DEFAULT_PORT, duplicates, isTable, stateDir } from './shared.ts';
import { type SocksConfig, socks } from './socks.ts';
import { type Tier, TIERS, type WanConfig, wan } from './wan.ts';

export const DEFAULT_DATA_DIR = '/var/lib/wanbond';

export interface RouterConfig {
  /** What becomes of new flows while the server cannot be reached: out without it, or refused. */
  readonly onServerLoss: 'direct' | 'block';
  /** Forwarding and NAT for what leaves without being carried. */
  readonly nat: boolean;
  /** UDP 443 of devices: refused, so that they take TCP, or left to plain routing. */
  readonly quic: 'reject' | 'leave';
  /** What becomes of new flows to an address family that the server cannot reach. */
  readonly unreachableFamily: 'refuse' | 'direct';
  readonly stateDir: string;
  /** What has to outlive a reboot: the use of each WAN this month, and the addresses of the servers' names. */
  readonly dataDir: string;
  readonly lan: { readonly interfaces: readonly string[] };
  /** In order of preference, at least one; `direct` is always alone. */
  readonly servers: readonly ServerRef[];
  readonly wans: readonly WanConfig[];
  readonly redirect: RedirectConfig;
  /** Undefined: no such port. */
  readonly socks: SocksConfig | undefined;
  readonly relay: RouterRelayConfig;
  readonly log: LogConfig;
}

/** The far end: `direct` needs neither address nor key, it is in the path. */
export type ServerRef = DialledServer | { readonly transport: 'direct' };

/** A far end that flows are brought to and that is told their target. */
export interface DialledServer {
  readonly transport: ServerTransport;
  /** At least one; the first is preferred. */
  readonly hosts: readonly ServerHost[];
  readonly port: number;
  /** Bits of the packet mark of what goes to the server; 0 for none. */
  readonly mark: number;
  readonly protocol: ServerProtocol;
}

export function dialledServers({ servers }: Pick<RouterConfig, 'servers'>): DialledServer[] {
  return servers.filter((one) => one.transport !== 'direct');
}

/** By which servers are told apart: the first host, as the config has it. */
export const firstHostText = ({ hosts }: DialledServer): string =>
  hosts[0] === undefined ? '' : hostText(hosts[0]);

const lan = z
  .strictObject({
    interfaces: z.array(interfaceName()).min(1).register(keyDocs, {
      type: 'list of interface names',
      description: 'The interfaces whose devices are bonded.',
    }),
  })
  .register(keyDocs, { type: 'table', description: 'The side of the devices.' });

function server(readKeyFile: ReadKeyFile) {
  return z
    .strictObject({
      transport: choice(
        'convert',
        SERVER_TRANSPORTS,
        'How the far end learns the target: "convert" asks a wanbond server; "socks5", "socks6" (draft 11, experimental) and "shadowsocks" any server of these, which bonds if it speaks MPTCP; "direct" needs a far router in the path.',
      ),
      address: oneOrMore(hostOrAddress()).optional().register(keyDocs, {
        type: 'IP address or host name, or list of them',
        description:
          'Where the server is, IPv4, IPv6 or both; the first is preferred. A name is looked up over any WAN that works, and again all the time. Required, except for "direct".',
      }),
      port: integerOr(DEFAULT_PORT, { min: 1, max: 65_535 }, 'The port of the server.'),
      mark: integerOr(
        0x3f00,
        { min: 0, max: 0xffff_ffff },
        'Bits that are set in the packet mark of what goes to the server, so that a program that balances the WANs leaves it alone; the default is what mwan3 takes for that. 0 sets none.',
        '0x3f00',
      ),
      ...serverProtocolShape(readKeyFile),
    })
    .superRefine(
      (read, context) => {
        if (!isTable(read) || read.transport === 'direct') return;
        if (read.address === undefined) {
          fault(context, 'is missing', 'Write the address of the server, like address = "192.0.2.1".', [
            'address',
          ]);
        }
        checkServerProtocol(read, context);
      },
      { when: () => true },
    )
    .transform((read, context): ServerRef => {
      const { transport, address: hosts = [], port, mark } = read;
      if (transport === 'direct') return { transport };
      return { transport, hosts, port, mark, protocol: serverProtocol({ ...read, transport }, context) };
    })
    .register(keyDocs, {
      type: 'table',
      description:
        'The far end. Several of them as `[[server]]`, in order of preference: the next is used while the ones before it cannot be reached.',
    });
}

export function routerSchema(readKeyFile: ReadKeyFile) {
  return z
    .strictObject({
      'on-server-loss': choice(
        'direct',
        ['direct', 'block'],
        'While the server cannot be reached, new flows go out without it ("direct") or are refused ("block").',
      ),
      nat: flag(
        false,
        'Forward, and translate addresses on every WAN, for what is not carried; leave it off where the router does so already. It outlives the daemon until `wanbond down`.',
      ),
      quic: choice(
        'reject',
        ['reject', 'leave'],
        'QUIC (UDP port 443) to targets that are carried over TCP: "reject" makes browsers take TCP at once, which is bonded; "leave" lets it out over one WAN.',
      ),
      'unreachable-family': choice(
        'refuse',
        ['refuse', 'direct'],
        'New flows to an address family that the server cannot reach are refused at once, so that devices try the other one ("refuse"), or go out without the server ("direct").',
      ),
      'state-dir': stateDir('router'),
      'data-dir': absolutePath()
        .prefault(DEFAULT_DATA_DIR)
        .register(keyDocs, {
          type: 'absolute path',
          default: JSON.stringify(DEFAULT_DATA_DIR),
          description:
            "Where the use of each WAN this month and the addresses of the servers' names are kept; it has to outlive a reboot.",
        }),
      lan,
      server: oneOrMore(server(readKeyFile)),
      wan: z.array(wan).min(1).register(keyDocs, { type: 'list of tables', description: 'The uplinks.' }),
      redirect,
      socks,
      relay: routerRelay,
      log,
    })
    .superRefine((read, context) => crossCheck(read, context), { when: () => true })
    .transform(
      (read): RouterConfig => ({
        onServerLoss: read['on-server-loss'],
        nat: read.nat,
        quic: read.quic,
        unreachableFamily: read['unreachable-family'],
        stateDir: read['state-dir'],
        dataDir: read['data-dir'],
        lan: read.lan,
        servers: read.server,
        wans: read.wan,
        redirect: read.redirect,
        socks: read.socks,
        relay: read.relay,
        log: read.log,
      }),
    );
}

/** What concerns several sections. `read` may be half-checked: look at nothing without checking its type. */
function crossCheck(
  read: { readonly lan?: unknown; readonly wan?: unknown; readonly server?: unknown },
  context: z.RefinementCtx,
): void {
  checkServers(read.server, context);
  for (const key of ['name', 'interface'] as const) {
    for (const { index, first } of duplicates(read.wan, key)) {
      fault(context, `is the same as of wan[${first}]`, `Give every WAN its own ${key}.`, [
        'wan',
        index,
        key,
      ]);
    }
  }
  const tiers = Array.isArray(read.wan) ? read.wan.filter(isTable).map((one) => one['tier'] as Tier) : [];
  if (tiers.length > 0 && !tiers.includes('active') && tiers.every((tier) => TIERS.includes(tier))) {
    const hint = 'Leave `tier` out of at least one [[wan]]: overflow and backup only help active ones.';
    fault(context, 'no WAN is "active"', hint, ['wan', 0, 'tier']);
  }
  const interfaces = isTable(read.lan) && Array.isArray(read.lan['interfaces']) ? read.lan['interfaces'] : [];
  const uplinks = Array.isArray(read.wan) ? read.wan.filter(isTable).map((one) => one['interface']) : [];
  interfaces.forEach((name: unknown, i) => {
    if (typeof name !== 'string') return;
    if (interfaces.indexOf(name) < i) {
      fault(context, `"${name}" is listed twice`, 'Remove one of them.', ['lan', 'interfaces', i]);
    }
    if (uplinks.includes(name)) {
      fault(
        context,
        `"${name}" is a WAN too`,
        'An interface is either LAN or WAN: remove it from one of them.',
        ['lan', 'interfaces', i],
      );
    }
  });
}
