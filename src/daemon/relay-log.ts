// Lines of the relay's workers in the daemon's log.
import type { Log } from '../base/log.ts';
import type { RelayLogLine } from '../relay/relay.ts';

export function logRelayLine(log: Log, { level, reason, message, suppressed }: RelayLogLine): void {
  const more = suppressed > 0 ? { reason, suppressed } : { reason };
  log[level](more, message);
}
