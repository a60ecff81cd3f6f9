// The server role as a running daemon.
import { randomBytes } from 'node:crypto';
import { ANY_V6, familyOf, LOOPBACKS, type SocketAddress, sameAddress } from '../base/address.ts';
import { WanbondError } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { ListenProtocol } from '../config/listen-protocol.ts';
import type { ListenConfig, ServerConfig } from '../config/server.ts';
import { acquireLock } from '../daemon/instance-lock.ts';
import { guardProcess, type ReloadableDaemon } from '../daemon/lifecycle.ts';
import { logRelayLine } from '../daemon/relay-log.ts';
import { congestionChoice, relaySettings, runningSettings } from '../daemon/relay-settings.ts';
import { recover } from '../daemon/recover.ts';
import { applyPlan, undoAll } from '../linux/apply-plan.ts';
import { CAP_NET_ADMIN, hasCapability, ownCapabilities } from '../linux/features.ts';
import { Nftables } from '../linux/nftables.ts';
import { readSysctl } from '../linux/sysctl.ts';
import type { Step } from '../plan/step.ts';
import { readAdmittedUntil } from '../relay/server/admitted-until.ts';
import type { CongestionChoice } from '../relay/congestion-choice.ts';
import type { EgressPolicy } from '../relay/server/egress.ts';
import { Relay } from '../relay/relay.ts';
import { createUnprovedMemory } from '../relay/server/unproved.ts';
import type { ListenSpec, ServedProtocol, ServerAdmission, ServerRole } from '../relay/worker-spec.ts';
import { steadyClock } from '../transport/convert/clock.ts';
import { createReplayWindow } from '../transport/convert/replay.ts';
import { createSessionTable } from '../transport/socks6/sessions.ts';
import { readEgressPolicy } from './egress-policy.ts';
import { watchEgress } from './egress-watch.ts';
import { startProbeService } from './probe-service.ts';
import { renderInterceptStop } from './intercept-table.ts';
import { readServerFacts } from './server-facts.ts';
import { serverBufferLimit, serverPlan } from './server-plan.ts';

export const SERVER_LOCK = 'server';
/** As long as the digest that it keys. */
const FOREIGN_SECRET_BYTES = 32;

export async function startServer(config: ServerConfig, log: Log): Promise<ReloadableDaemon<ServerConfig>> {
  const congestion = congestionChoice(config.relay);
  const lock = await acquireLock(SERVER_LOCK);
  const nftables = openNftables(config);
  const release = (): void => nftables?.close();
  const onFatal = guardProcess(log, release);
  const journal = recover(config.stateDir, log);
  const facts = readServerFacts(config);
  const buffer = serverBufferLimit(config, facts.memoryBytes);
  const firstEgress = readEgressPolicy(config);
  const steps = serverPlan(config, facts);
  applyPlan(steps.filter(isOfHost), facts, journal, undefined);
  const relay = await Relay.start(
    serverRole(config, congestion, firstEgress),
    relaySettings(
      config.relay,
      config.listens.map(({ protocol }) => protocol),
      config.log,
      buffer.bytes,
    ),
    listens(config, congestion),
    {
      onLog: (line) => logRelayLine(log, line),
      onFamilies: () => undefined,
      onDoubt: () => undefined,
      onPlain: () => undefined,
      onFastOpenLost: () => undefined,
      onFatal,
    },
  ).catch((error: unknown) => {
    undoAll(journal);
    throw error;
  });
  const egress = watchEgress(config, firstEgress, log, (policy) =>
    relay.send({ kind: 'egress', egress: policy }),
  );
  const probes = await startProbeService(config, probePoints(config), () => egress.policy.families).catch(
    (error: unknown) => {
      undoAll(journal);
      throw error;
    },
  );

  try {
    // Last, so that nothing is taken that cannot be carried.
    applyPlan(
      steps.filter((step) => !isOfHost(step)),
      facts,
      journal,
      nftables,
    );
  } catch (error) {
    undoAll(journal);
    throw error;
  }
  return {
    drain: () => {
      nftables?.run(renderInterceptStop());
      relay.send({ kind: 'drain', closeListeners: true });
    },
    requests: {},
    // A flow that runs has proved its key: it goes on when the key is removed.
    reconfigure: (next) => {
      egress.reconfigure(next);
      probes.reconfigure(next);
      relay.send({ kind: 'admission', admission: admissionOf(next, congestion) });
      relay.send({ kind: 'settings', settings: runningSettings(next.relay, next.log, buffer.bytes) });
      log.level = next.log.level;
    },
    status: () => ({
      role: 'server',
      pid: process.pid,
      limits: { buffer },
      counters: relay.counters(),
    }),
    openFlows: () => relay.counters().flowsOpen,
    release,
    stop: async () => {
      probes.close();
      egress.stop();
      const isClean = await relay.stop();
      release();
      undoAll(journal);
      await lock.release();
      return isClean;
    },
  };
}

function serverRole(config: ServerConfig, congestion: CongestionChoice, egress: EgressPolicy): ServerRole {
  const clock = { wallMs: Date.now(), monotonicNs: process.hrtime.bigint() };
  const now = steadyClock(clock, () => process.hrtime.bigint());
  return {
    kind: 'server',
    ...admissionOf(config, congestion),
    egress,
    isFastOpen: config.relay.fastOpen,
    serverId: config.id,
    protocols: [
      ...config.listens.map(({ protocol }) => served(protocol, now())),
      ...config.intercepts.map(
        ({ isSourcePreserved }): ServedProtocol => ({ transport: 'intercept', isSourcePreserved }),
      ),
    ],
    replayWindow: createReplayWindow(now()).buffer,
    foreignSecret: randomBytes(FOREIGN_SECRET_BYTES),
    stateDir: config.stateDir,
    admittedUntilMs: readAdmittedUntil(config.stateDir),
    clock,
    unprovedMemory: createUnprovedMemory(),
    warmMemory: createUnprovedMemory(),
  };
}

function admissionOf({ relay, keys }: ServerConfig, congestion: CongestionChoice): ServerAdmission {
  return {
    opening: {
      handshakeTimeoutMs: relay.handshakeTimeoutMs,
      connectTimeoutMs: relay.connectTimeoutMs,
      congestion,
    },
    keys: keys.map(({ id, name, key }) => ({ id, name, psk: key })),
    maxUnauthenticatedPerAddress: relay.maxUnauthenticatedPerAddress,
  };
}

function served(protocol: ListenProtocol, nowMs: number): ServedProtocol {
  if (protocol.transport === 'shadowsocks') return { ...protocol, memory: createReplayWindow(nowMs).buffer };
  if (protocol.transport === 'socks6') return { ...protocol, memory: createSessionTable().buffer };
  return protocol;
}

/** Where `listens[index]` is. The IPv6 wildcard, a default, is left out where the host has no IPv6. */
function listenPoints({ addresses, port }: ListenConfig): SocketAddress[] {
  return addresses
    .filter((address) => hasIpv6() || !sameAddress(address, ANY_V6))
    .map((address) => ({ address, port }));
}

const hasIpv6 = (): boolean => readSysctl('net.ipv6.conf.all.disable_ipv6') === '0';

/** Where routers send their probes. */
function probePoints({ listens: all }: ServerConfig): SocketAddress[] {
  return all.filter(({ protocol }) => protocol.transport === 'convert').flatMap(listenPoints);
}

/**
 * Data of a SYN may come twice (RFC 7413, section 2.1): only where nonces or salts keep it from being taken twice, and clients
 * of others have none.
 */
function bearsFastOpen({ protocol }: ListenConfig): boolean {
  if (protocol.transport === 'convert') return protocol.foreignClients.length === 0;
  return protocol.transport === 'shadowsocks';
}

function listens(config: ServerConfig, { usual: congestion }: CongestionChoice): ListenSpec[] {
  const both = { mptcp: true, congestion };
  const usual = config.listens.flatMap((listen, protocol) => {
    const fastOpen = config.relay.fastOpen && bearsFastOpen(listen);
    return listenPoints(listen).map(
      (at): ListenSpec => ({ ...both, at, transparent: false, fastOpen, protocol }),
    );
  });
  const loopbacks = LOOPBACKS.filter((address) => familyOf(address) === 4 || hasIpv6());
  const intercepting = config.intercepts.flatMap(({ ports }, index) =>
    ports.flatMap((port) =>
      loopbacks.map((address): ListenSpec => {
        const protocol = config.listens.length + index;
        return { ...both, at: { address, port }, transparent: true, protocol };
      }),
    ),
  );
  return [...usual, ...intercepting];
}

/** What another process may have set before: all but the table, which ends with its maker. */
const isOfHost = ({ kind }: Step): boolean => kind !== 'owner-table';

/** Who holds the table of the "intercept" listeners; undefined without one. */
function openNftables({ intercepts }: ServerConfig): Nftables | undefined {
  if (intercepts.length === 0) return undefined;
  if (hasCapability(ownCapabilities(), CAP_NET_ADMIN)) return new Nftables();
  throw new WanbondError({
    code: 'no-privileges',
    message: 'an "intercept" listener needs CAP_NET_ADMIN, which this process does not have',
    hint: 'Run the server as root, or give its service this capability: docs/gateway.md says how.',
  });
}
