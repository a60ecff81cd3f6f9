// The server role as a running daemon.
import { ANY_V6, type SocketAddress, sameAddress } from '../base/address.ts';
import type { Log } from '../base/log.ts';
import type { ServerConfig } from '../config/server.ts';
import { acquireLock } from '../daemon/instance-lock.ts';
import { guardProcess, type ReloadableDaemon } from '../daemon/lifecycle.ts';
import { logRelayLine } from '../daemon/relay-log.ts';
import { congestionChoice, relaySettings, runningSettings } from '../daemon/relay-settings.ts';
import { recover } from '../daemon/recover.ts';
import { applyPlan, undoAll } from '../linux/apply-plan.ts';
import { readHostFacts } from '../linux/host-facts.ts';
import { readSysctl } from '../linux/sysctl.ts';
import type { CongestionChoice } from '../relay/congestion-choice.ts';
import type { EgressPolicy } from '../relay/egress.ts';
import { Relay } from '../relay/relay.ts';
import { createUnprovedMemory } from '../relay/unproved.ts';
import type { ListenSpec, ServerAdmission, ServerRole } from '../relay/worker-spec.ts';
import { steadyClock } from '../transport/convert/clock.ts';
import { createReplayWindow } from '../transport/convert/replay.ts';
import { readEgressPolicy } from './egress-policy.ts';
import { watchEgress } from './egress-watch.ts';
import { startProbeService } from './probe-service.ts';
import { SERVER_SYSCTLS, serverBufferLimit, serverPlan } from './server-plan.ts';

export const SERVER_LOCK = 'server';

export async function startServer(config: ServerConfig, log: Log): Promise<ReloadableDaemon<ServerConfig>> {
  const congestion = congestionChoice(config.relay);
  const lock = await acquireLock(SERVER_LOCK);
  // The LAN of nobody hangs on a server: there is nothing to give back, it only has to end.
  const onFatal = guardProcess(log, () => undefined);
  const journal = recover(config.stateDir, log);
  const facts = readHostFacts(SERVER_SYSCTLS, undefined);
  const buffer = serverBufferLimit(config, facts.memoryBytes);
  const firstEgress = readEgressPolicy(config);
  applyPlan(serverPlan(config, facts), facts, journal, undefined);
  const relay = await Relay.start(
    serverRole(config, congestion, firstEgress),
    relaySettings(config.relay, config.log, buffer.bytes),
    listens(config, congestion),
    {
      onLog: (line) => logRelayLine(log, line),
      onFamilies: () => undefined,
      onDoubt: () => undefined,
      onPlain: () => undefined,
      onFatal,
    },
  ).catch((error: unknown) => {
    undoAll(journal);
    throw error;
  });
  const egress = watchEgress(config, firstEgress, log, (policy) =>
    relay.send({ kind: 'egress', egress: policy }),
  );
  const probes = await startProbeService(config, listenPoints(config), () => egress.policy.families).catch(
    (error: unknown) => {
      undoAll(journal);
      throw error;
    },
  );

  return {
    drain: () => relay.send({ kind: 'drain', closeListeners: true }),
    requests: {},
    // A flow that runs has proved its key: it goes on when the key is removed.
    reconfigure: (next) => {
      egress.reconfigure(next);
      probes.reconfigure(next);
      relay.send({ kind: 'admission', admission: admissionOf(next, congestion) });
      relay.send({ kind: 'settings', settings: runningSettings(next.relay, next.log, buffer.bytes) });
      log.level = next.log.level;
      return Promise.resolve();
    },
    status: () => ({
      role: 'server',
      pid: process.pid,
      limits: { buffer },
      counters: relay.counters(),
    }),
    openFlows: () => relay.counters().flowsOpen,
    release: () => undefined,
    stop: async () => {
      probes.close();
      egress.stop();
      const isClean = await relay.stop();
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
    serverId: config.id,
    replayWindow: createReplayWindow(now()).buffer,
    clock,
    unprovedMemory: createUnprovedMemory(),
  };
}

function admissionOf({ relay, keys }: ServerConfig, congestion: CongestionChoice): ServerAdmission {
  return {
    opening: {
      handshakeTimeoutMs: relay.handshakeTimeoutMs,
      connectTimeoutMs: relay.connectTimeoutMs,
      congestion,
    },
    keys: keys.map(({ id, key }) => ({ id, psk: key })),
    maxUnauthenticatedPerAddress: relay.maxUnauthenticatedPerAddress,
  };
}

/** Where to listen. The IPv6 wildcard, a default, is left out where the host has no IPv6. */
function listenPoints(config: ServerConfig): SocketAddress[] {
  const hasIpv6 = readSysctl('net.ipv6.conf.all.disable_ipv6') === '0';
  return config.listens.flatMap(({ addresses, port }) =>
    addresses
      .filter((address) => hasIpv6 || !sameAddress(address, ANY_V6))
      .map((address) => ({ address, port })),
  );
}

function listens(config: ServerConfig, { usual: congestion }: CongestionChoice): ListenSpec[] {
  return listenPoints(config).map((at) => ({ at, mptcp: true, transparent: false, congestion }));
}
