// The server role as a running daemon.
import type { Log } from '../base/log.ts';
import type { ServerConfig } from '../config/server.ts';
import { serveControl } from '../control/control-socket.ts';
import { acquireLock } from '../control/instance-lock.ts';
import { type Daemon, guardProcess } from '../control/lifecycle.ts';
import { logRelayLine } from '../control/relay-log.ts';
import { congestionName, relaySettings } from '../control/relay-settings.ts';
import { applyPlan, undoAll } from '../linux/apply-plan.ts';
import { readHostFacts } from '../linux/host-facts.ts';
import { Journal } from '../plan/journal.ts';
import { Relay } from '../relay/relay.ts';
import type { ListenSpec, ServerRole } from '../relay/worker-spec.ts';
import { steadyClock } from '../transport/convert/clock.ts';
import { createReplayWindow } from '../transport/convert/replay.ts';
import { egressPolicy } from './egress-policy.ts';
import { SERVER_SYSCTLS, serverPlan } from './server-plan.ts';

export const SERVER_LOCK = 'server';

export async function startServer(config: ServerConfig, log: Log): Promise<Daemon> {
  const lock = await acquireLock(SERVER_LOCK);
  // The LAN of nobody hangs on a server: there is nothing to give back, it only has to end.
  const onFatal = guardProcess(log, () => undefined);
  const facts = readHostFacts(SERVER_SYSCTLS, undefined);
  const journal = new Journal(config.stateDir);
  applyPlan(serverPlan(config, facts), facts, journal, undefined);
  const relay = await Relay.start(
    serverRole(config, facts),
    relaySettings(config.relay, config.log),
    listens(config),
    { onLog: (line) => logRelayLine(log, line), onFamilies: () => undefined, onFatal },
  ).catch((error: unknown) => {
    undoAll(journal);
    throw error;
  });
  const control = await serveControl(config.stateDir, {
    status: () => ({ role: 'server', pid: process.pid, counters: relay.counters() }),
  });

  return {
    drain: () => relay.send({ kind: 'drain', closeListeners: true }),
    openFlows: () => relay.counters().flowsOpen,
    release: () => undefined,
    stop: async () => {
      const isClean = await relay.stop();
      undoAll(journal);
      await control.close();
      await lock.release();
      return isClean;
    },
  };
}

function serverRole(config: ServerConfig, facts: Parameters<typeof egressPolicy>[1]): ServerRole {
  const clock = { wallMs: Date.now(), monotonicNs: process.hrtime.bigint() };
  const now = steadyClock(clock, () => process.hrtime.bigint());
  return {
    kind: 'server',
    opening: {
      handshakeTimeoutMs: config.relay.handshakeTimeoutMs,
      connectTimeoutMs: config.relay.connectTimeoutMs,
    },
    egress: egressPolicy(config, facts),
    serverId: config.id,
    keys: config.keys.map(({ id, key }) => ({ id, psk: key })),
    replayWindow: createReplayWindow(now()).buffer,
    clock,
    maxUnauthenticatedPerAddress: config.relay.maxUnauthenticatedPerAddress,
  };
}

function listens(config: ServerConfig): ListenSpec[] {
  return config.listens.flatMap((listen) =>
    listen.addresses.map((address) => ({
      at: { address, port: listen.port },
      mptcp: true,
      transparent: false,
      congestion: congestionName(config.relay),
    })),
  );
}
