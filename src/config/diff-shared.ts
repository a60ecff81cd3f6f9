// The settings that both roles have, for the diff of two configs.
import { formatDuration, formatSize } from '../base/units.ts';
import type { Setting } from './diff.ts';
import type { LogConfig } from './log.ts';
import type { RelayConfig } from './relay.ts';

type Shared = { readonly relay: RelayConfig; readonly log: LogConfig };

/** Without `relay.congestion`, which a router takes over at run time and a server does not. */
export const SHARED_SETTINGS: readonly Setting<Shared>[] = [
  { key: 'relay.workers', of: ({ relay }) => String(relay.workers), needsRestart: true },
  { key: 'relay.connect-timeout', of: ({ relay }) => formatDuration(relay.connectTimeoutMs) },
  { key: 'relay.handshake-timeout', of: ({ relay }) => formatDuration(relay.handshakeTimeoutMs) },
  { key: 'relay.idle-timeout', of: ({ relay }) => formatDuration(relay.idleTimeoutMs) },
  { key: 'relay.half-open-timeout', of: ({ relay }) => formatDuration(relay.halfOpenTimeoutMs) },
  { key: 'relay.drain-timeout', of: ({ relay }) => formatDuration(relay.drainTimeoutMs) },
  { key: 'relay.pipe-size', of: ({ relay }) => formatSize(relay.pipeSizeBytes), needsRestart: true },
  { key: 'relay.buffer-max', of: ({ relay }) => sizeOrAuto(relay.bufferMaxBytes), needsRestart: true },
  { key: 'relay.max-flows', of: ({ relay }) => String(relay.maxFlows) },
  { key: 'relay.fast-open', of: ({ relay }) => String(relay.fastOpen), needsRestart: true },
  { key: 'log.level', of: ({ log }) => log.level },
  { key: 'log.format', of: ({ log }) => log.format, needsRestart: true },
  { key: 'log.targets', of: ({ log }) => String(log.targets) },
];

/** For comparing only. */
export const secretText = (key: Uint8Array): string => Buffer.from(key).toString('base64');

const sizeOrAuto = (bytes: number | undefined): string => (bytes === undefined ? 'auto' : formatSize(bytes));
