// The [relay] section: how bytes are moved. Shared by both roles, with what only one of them has added.
import * as z from 'zod';
import { duration, durationOrAuto, fault, flag, integerOr, keyDocs, size, sizeOrAuto } from './field.ts';

export interface RelayConfig {
  /** `auto`: see daemon/relay-settings. */
  readonly workers: number | 'auto';
  /** A kernel congestion control by name, or `auto`. */
  readonly congestion: string;
  readonly connectTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly halfOpenTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly pipeSizeBytes: number;
  /** Undefined: a router goes by its WANs, a server by its memory; see wan/buffer-limit. */
  readonly bufferMaxBytes: number | undefined;
  readonly maxFlows: number;
  /** First bytes travel with the SYN between router and server. */
  readonly fastOpen: boolean;
}

export interface RouterRelayConfig extends RelayConfig {
  /** Undefined: from the round trip of each WAN. */
  readonly hedgeDelayMs: number | undefined;
  readonly earlyDataWaitMs: number;
  /** Connections to the server at most that are open ahead of need. */
  readonly warmUpstreams: number;
}

export interface ServerRelayConfig extends RelayConfig {
  readonly maxUnauthenticatedPerAddress: number;
}

const MAX_WORKERS = 16;
// A router that opens a thousand flows at once is connected before its hellos arrive: 64 reset half of them (tried).
const MAX_UNAUTHENTICATED = 4096;

const workers = z
  .unknown()
  .transform((value, context): number | 'auto' => {
    if (value === 'auto') return value;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_WORKERS)
      return value;
    return fault(context, `is neither "auto" nor 1 to ${MAX_WORKERS}`, 'Write "auto" or a number.');
  })
  .prefault('auto')
  .register(keyDocs, {
    type: `"auto" or integer, 1 to ${MAX_WORKERS}`,
    default: '"auto"',
    description:
      'Worker threads that move bytes; "auto" is half as many as CPUs, with "shadowsocks" as many; one at least, four at most.',
  });

const congestion = z
  .string()
  .transform((text, context) => {
    if (/^[a-z0-9_-]{1,15}$/.test(text)) return text;
    return fault(
      context,
      `${JSON.stringify(text)} is not the name of a congestion control`,
      'Write "auto", or a name like "bbr".',
    );
  })
  .prefault('auto')
  .register(keyDocs, {
    type: '"auto" or a name',
    default: '"auto"',
    description:
      'Congestion control of the MPTCP sockets, as in net.ipv4.tcp_available_congestion_control; "auto" is cubic, and bbr for flows whose paths lose packets, also for those that run.',
  });

const BUFFER_MAX = 'What the maxima of net.ipv4.tcp_rmem and tcp_wmem are raised to, where they are lower';
const ROUTER_BUFFER_MAX = `${BUFFER_MAX}. "auto" is what rates and round trips of the WANs ask for, raised while the router runs but not lowered: 16MiB to a 16th of the memory, and 256MiB at most.`;
const SERVER_BUFFER_MAX = `${BUFFER_MAX}; net.core.wmem_max too. "auto" is a 16th of the memory, but 16MiB at least and 256MiB at most: a server does not know the WANs of its routers, which take no more than they need.`;

const FAST_OPEN = 'TCP Fast Open between router and server';
const ROUTER_FAST_OPEN = `${FAST_OPEN}: hello and first bytes of a flow that finds no warm upstream leave with the SYN, to a wanbond server (transport convert, with a key) that has it on too. The answer is there up to a round trip sooner where the target is far behind the server, and no sooner where it is near. A WAN on which it fails three times in a row goes on without it.`;
const SERVER_FAST_OPEN = `${FAST_OPEN}: data that comes with a SYN is taken from whoever has a cookie of this host's kernel, at listeners of transport convert without foreign-clients, and shadowsocks. See relay.fast-open of the router.`;

function shape(handshakeTimeout: string, bufferMax: string, fastOpen: string) {
  return {
    workers,
    congestion,
    'connect-timeout': duration(
      '10s',
      { min: '100ms', max: '2min' },
      'How long opening one connection may take.',
    ),
    'handshake-timeout': duration(
      handshakeTimeout,
      { min: '100ms', max: '2min' },
      'How long the other end may take for its part of the transport handshake.',
    ),
    'idle-timeout': duration(
      '2h',
      { min: '1s', max: '720h' },
      'A flow without a byte for this long is closed.',
    ),
    'half-open-timeout': duration(
      '5min',
      { min: '1s', max: '720h' },
      'A flow with one direction finished and no byte in the other for this long is closed.',
    ),
    'drain-timeout': duration(
      '60s',
      { min: '0s', max: '24h' },
      'On SIGTERM, how long running flows may go on.',
    ),
    'pipe-size': size('1MiB', { min: '4KiB', max: '16MiB' }, 'Kernel pipe of each direction of a bulk flow.'),
    'buffer-max': sizeOrAuto({ min: '4MiB', max: '1GiB' }, bufferMax),
    'max-flows': integerOr(20_000, { min: 1, max: 1_000_000 }, 'Flows at once; more are refused.'),
    'fast-open': flag(false, fastOpen),
  };
}

/** What both roles share, from TOML names to ours. */
function common(read: z.output<z.ZodObject<ReturnType<typeof shape>>>): RelayConfig {
  return {
    workers: read.workers,
    congestion: read.congestion,
    connectTimeoutMs: read['connect-timeout'],
    handshakeTimeoutMs: read['handshake-timeout'],
    idleTimeoutMs: read['idle-timeout'],
    halfOpenTimeoutMs: read['half-open-timeout'],
    drainTimeoutMs: read['drain-timeout'],
    pipeSizeBytes: read['pipe-size'],
    bufferMaxBytes: read['buffer-max'],
    maxFlows: read['max-flows'],
    fastOpen: read['fast-open'],
  };
}

export const routerRelay = z
  .strictObject({
    ...shape('15s', ROUTER_BUFFER_MAX, ROUTER_FAST_OPEN),
    'hedge-delay': durationOrAuto(
      { min: '10ms', max: '30s' },
      'A connection not open after this long is tried over the next WAN as well; "auto" derives it from the round trip of each WAN.',
    ),
    'early-data-wait': duration(
      '2ms',
      { min: '0ms', max: '1s' },
      "How long to wait for the device's first bytes, so that they leave together with the hello.",
    ),
    'warm-upstreams': integerOr(
      8,
      { min: 0, max: 128 },
      'How many connections to a wanbond server may be kept open ahead of need: a flow that begins on one is there a round trip sooner. As many are made as the flows of the last minute could have used, while there is CPU to spare; 0 makes none.',
    ),
  })
  .transform(
    (read): RouterRelayConfig => ({
      ...common(read),
      hedgeDelayMs: read['hedge-delay'],
      earlyDataWaitMs: read['early-data-wait'],
      warmUpstreams: read['warm-upstreams'],
    }),
  )
  .prefault({})
  .register(keyDocs, { type: 'table', description: 'How bytes are moved.' });

export const serverRelay = z
  .strictObject({
    ...shape('5s', SERVER_BUFFER_MAX, SERVER_FAST_OPEN),
    'max-unauthenticated-per-address': integerOr(
      MAX_UNAUTHENTICATED,
      { min: 1, max: 65_536 },
      'Connections at once from one address that have not proved their key yet; more are closed.',
    ),
  })
  .transform(
    (read): ServerRelayConfig => ({
      ...common(read),
      maxUnauthenticatedPerAddress: read['max-unauthenticated-per-address'],
    }),
  )
  .prefault({})
  .register(keyDocs, { type: 'table', description: 'How bytes are moved.' });
