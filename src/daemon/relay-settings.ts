// From the config's relay section to what the relay takes.
import { availableParallelism } from 'node:os';
import type { LogConfig } from '../config/log.ts';
import type { RelayConfig } from '../config/relay.ts';
import { hasCongestion, requireCongestion } from '../linux/congestion.ts';
import type { CongestionChoice } from '../relay/congestion-choice.ts';
import type { RelaySettings, RunningSettings } from '../relay/worker-spec.ts';

// More threads than this only help sites far beyond what WANs deliver, and each costs some 10 MB.
const MAX_AUTO_WORKERS = 4;

/** What goes over the connections that the workers carry. */
interface Spoken {
  readonly transport: string;
}

const USUAL = 'cubic';
// It takes a lost packet for what it is, a lost packet, and not for a full queue.
const FOR_LOSSY_PATHS = 'bbr';

/** @param bufferMaxBytes in force, see wan/buffer-limit. */
export function relaySettings(
  relay: RelayConfig,
  spoken: readonly Spoken[],
  log: LogConfig,
  bufferMaxBytes: number,
): RelaySettings {
  return {
    workers: workerCount(relay, spoken),
    pipeBytes: relay.pipeSizeBytes,
    ...runningSettings(relay, log, bufferMaxBytes),
  };
}

/**
 * `auto` leaves half of the cores to the kernel's own work for the same packets: with a worker on each, new connections are
 * slower, and transfers no faster, as the kernel moves their bytes. Ciphers are work of the workers themselves.
 */
export function workerCount(
  { workers }: Pick<RelayConfig, 'workers'>,
  spoken: readonly Spoken[],
  cores: number = availableParallelism(),
): number {
  if (workers !== 'auto') return workers;
  const hasCiphers = spoken.some(({ transport }) => transport === 'shadowsocks');
  const wanted = hasCiphers ? cores : Math.floor(cores / 2);
  return Math.min(Math.max(1, wanted), MAX_AUTO_WORKERS);
}

export function runningSettings(relay: RelayConfig, log: LogConfig, bufferMaxBytes: number): RunningSettings {
  return {
    idleTimeoutMs: relay.idleTimeoutMs,
    halfOpenTimeoutMs: relay.halfOpenTimeoutMs,
    maxFlows: relay.maxFlows,
    logTargets: log.targets,
    bufferMaxBytes,
  };
}

/**
 * `auto` is cubic, whatever the default of the host (it recovers from a cut twice as fast as bbr, and fills long paths),
 * and bbr for flows over paths that lose packets, where cubic comes nearly to a halt; where one of them is not to be had,
 * the kernel's default. @throws WanbondError `no-congestion-control`
 */
export function congestionChoice({ congestion }: RelayConfig): CongestionChoice {
  if (congestion === 'auto') return { usual: ifThere(USUAL), lossy: ifThere(FOR_LOSSY_PATHS) };
  requireCongestion(congestion);
  return { usual: congestion, lossy: congestion };
}

function ifThere(name: string): string | undefined {
  return hasCongestion(name) ? name : undefined;
}
