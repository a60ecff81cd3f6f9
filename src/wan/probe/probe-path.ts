// The paths that are probed, and what is known of them.
import { sameAddress, type SocketAddress } from '../../base/address.ts';
import type { ServerProtocol } from '../../config/server-protocol.ts';
import type { Path } from '../../relay/path.ts';
import { protocolText } from '../../transport/server-client.ts';
import type { MptcpSurvival } from '../tries/mptcp-survival.ts';
import type { LinkHealth } from './probe-state.ts';

/** Whom to ask, and how. */
export interface ProbedServer {
  /** As in the config; by this the answers are told apart. */
  readonly label: string;
  readonly protocol: ServerProtocol;
}

/** To a server that is probed. */
export interface ProbePath extends Path {
  readonly server: ProbedServer;
}

export function sameProbePath(a: ProbePath, b: ProbePath): boolean {
  return (
    a.wan === b.wan &&
    a.device === b.device &&
    a.server.label === b.server.label &&
    sameAddress(a.from, b.from) &&
    sameAddress(a.to.address, b.to.address) &&
    a.to.port === b.to.port &&
    protocolText(a.server.protocol) === protocolText(b.server.protocol)
  );
}

/** What is known of a WAN towards one server; milliseconds, undefined while unknown. */
export interface PathMeasurement {
  readonly wan: string;
  readonly server: string;
  readonly health: LinkHealth;
  /** Some probe of this path was answered since the prober knows it. */
  readonly hasAnswered: boolean;
  readonly rttMs: number | undefined;
  readonly minRttMs: number | undefined;
  /** The least of the last few answers. */
  readonly recentRttMs: number | undefined;
  readonly rttDeviationMs: number | undefined;
  /** The least of the last answers; undefined before there were a few. */
  readonly baseRttMs: number | undefined;
  /** Of the last probes, both ways together. */
  readonly lossRatio: number | undefined;
  /** Probes that `lossRatio` is made of. */
  readonly lossProbes: number;
  readonly seenAs: SocketAddress | undefined;
  /** Where UDP is blocked, by connections to the server's TCP port: loss hardly shows in them. */
  readonly probedBy: 'udp' | 'tcp';
  /** As the last try showed; undefined before one came to an end. */
  readonly mptcp: MptcpSurvival | undefined;
  /** What the kernel has learned of the path's MTU. */
  readonly pathMtuBytes: number | undefined;
}
