// From the config's relay section to what the relay takes.
import { availableParallelism } from 'node:os';
import type { LogConfig } from '../config/log.ts';
import type { RelayConfig } from '../config/relay.ts';
import type { RelaySettings } from '../relay/worker-spec.ts';

// More threads than this only help sites far beyond what WANs deliver, and each costs some 10 MB.
const MAX_AUTO_WORKERS = 4;

export function relaySettings(relay: RelayConfig, log: LogConfig): RelaySettings {
  return {
    workers: relay.workers === 'auto' ? Math.min(availableParallelism(), MAX_AUTO_WORKERS) : relay.workers,
    pipeBytes: relay.pipeSizeBytes,
    idleTimeoutMs: relay.idleTimeoutMs,
    halfOpenTimeoutMs: relay.halfOpenTimeoutMs,
    maxFlows: relay.maxFlows,
    logTargets: log.targets,
  };
}

/** `auto` is the kernel's own choice: cubic recovers from a cut twice as fast as bbr, which wins on lossy paths only. */
export function congestionName(relay: RelayConfig): string | undefined {
  return relay.congestion === 'auto' ? undefined : relay.congestion;
}
