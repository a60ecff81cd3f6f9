// Which of the servers new flows go to: a pure decision from what the probes say.
import type { KnownServer } from './known-servers.ts';
import type { PathMeasurement } from '../probe/probe-path.ts';

export interface ServerChoice {
  /** Those that may answer, in order of preference; empty while all are lost. */
  readonly alive: readonly KnownServer[];
  /** By whose answers the WANs are judged: the first that is alive, else the first. Undefined without servers. */
  readonly current: KnownServer | undefined;
}

/**
 * A server is lost when it had answered and does so over no WAN any more. One that never answered proves nothing: UDP
 * may be blocked. When all WANs of the only server are silent, the WANs may be to blame as well, which makes no
 * difference: nothing gets to it.
 */
export function chooseServer(
  servers: readonly KnownServer[],
  measurements: readonly PathMeasurement[],
): ServerChoice {
  const alive = servers.filter(
    (server) =>
      server.addresses.length > 0 && !isLost(measurements.filter((one) => one.server === server.label)),
  );
  return { alive, current: alive[0] ?? servers[0] };
}

function isLost(paths: readonly PathMeasurement[]): boolean {
  const answered = paths.filter((path) => path.hasAnswered);
  return answered.length > 0 && answered.every((path) => path.health === 'down');
}

/** Down by its probes. A path whose probes were never answered proves nothing: UDP may be blocked there. */
export function isDead({ health, hasAnswered }: PathMeasurement): boolean {
  return health === 'down' && hasAnswered;
}
