// The router role as a running daemon: host set-up, redirect and relay put together, and taken apart again.
import type { Log } from '../base/log.ts';
import type { RouterConfig } from '../config/router.ts';
import { controlRequest } from '../daemon/control-request.ts';
import { acquireLock } from '../daemon/instance-lock.ts';
import { guardProcess, type ReloadableDaemon } from '../daemon/lifecycle.ts';
import { logRelayLine } from '../daemon/relay-log.ts';
import { congestionChoice, relaySettings, runningSettings, workerCount } from '../daemon/relay-settings.ts';
import { recover } from '../daemon/recover.ts';
import { applyPlan, undoAll } from '../linux/apply-plan.ts';
import { readHostFacts } from '../linux/host-facts.ts';
import { speaksIpv6 } from '../linux/speaks-ipv6.ts';
import { readLinks } from '../linux/netlink/read-links.ts';
import { Nftables } from '../linux/nftables.ts';
import { bearsLoss, type CongestionChoice } from '../relay/congestion-choice.ts';
import { Relay } from '../relay/relay.ts';
import type { RouterOpeningSettings } from '../relay/router/router-opening-plan.ts';
import type { RouterRole } from '../relay/worker-spec.ts';
import { knownServers } from '../wan/servers/known-servers.ts';
import { wanLinks } from '../wan/links/links.ts';
import { BufferInStep } from './in-step/buffer-in-step.ts';
import { chooseMethod } from './redirect/choose-method.ts';
import { type FollowedWans, followWans } from './follow-wans.ts';
import { natTables } from './plan/nat-plan.ts';
import { CLEAN_PATHS, NOTHING_LOST, routerPolicy } from './policy/policy.ts';
import type { RedirectMethod } from './redirect/redirect-table.ts';
import { redirectTable, routerPlan, routerSysctls } from './plan/router-plan.ts';
import { routerListens } from './router-listens.ts';
import { overrideRequest } from './wans/override-request.ts';
import { TakeChain } from './redirect/take-chain.ts';
import { TierKeeper } from './wans/tier-keeper.ts';
import { WanJudge } from './wans/wan-judge.ts';
import { WanManager } from './wan-manager.ts';
import { decideWans, type WanState } from './wans/wan-state.ts';

export const ROUTER_LOCK = 'router';

/** Starts the relay first and takes the LAN's traffic last, so that nothing is taken that cannot be carried. */
export async function startRouter(config: RouterConfig, log: Log): Promise<ReloadableDaemon<RouterConfig>> {
  const congestion = congestionChoice(config.relay);
  const lock = await acquireLock(ROUTER_LOCK);
  const nftables = new Nftables();
  const onFatal = guardProcess(log, () => nftables.close());
  const journal = recover(config.stateDir, log);
  const facts = readHostFacts(routerSysctls(config), config.redirect.table, natTables(config));
  const method = chooseMethod(config, facts, nftables);
  const servers = knownServers(config, new Map());
  const links = readLinks();
  const tiers = new TierKeeper(config, log, () => manager.update());
  const { verdicts, ranks } = tiers.decision;
  const first = decideWans(config, {
    wans: wanLinks(config.wans, links),
    links,
    servers,
    measurements: [],
    verdicts,
    ranks,
  });
  tellMissing(first, ranks, log);
  const buffers = new BufferInStep(config, facts.memoryBytes, log);
  const takeChain = new TakeChain(nftables, log);
  const unprobed = { state: first, facts, hints: CLEAN_PATHS, fastOpen: NOTHING_LOST };
  // A worker that listens (on the SOCKS port) may have news before the last one does, and before there is a manager.
  let listener: WanManager | undefined;
  const relay = await Relay.start(
    routerRole(config, congestion, method, routerPolicy(config, unprobed)),
    relaySettings(config.relay, config.servers, config.log, buffers.limit.bytes),
    routerListens(config, method, speaksIpv6()),
    {
      onLog: (line) => logRelayLine(log, line),
      onFamilies: (server, families) => listener?.onFamilies(server, families),
      onDoubt: () => listener?.watch?.doubt(),
      onPlain: (wan) => listener?.watch?.plain(wan),
      onFastOpenLost: (wan) => listener?.onFastOpenLost(wan),
      onFatal,
    },
  );
  const judge = new WanJudge({ config, tiers, bearsLoss: bearsLoss(congestion), log });
  const manager = new WanManager(config, {
    method,
    journal,
    nftables,
    relay,
    takeChain,
    tiers,
    judge,
    buffers,
    log,
  });
  listener = manager;
  const takeTraffic = (): Promise<FollowedWans> => {
    applyPlan(routerPlan(config, { wans: first.bonded, servers }, method, facts), facts, journal, nftables);
    takeChain.begin(redirectTable(config, { servers, method, facts }));
    log.info({ method, wans: first.bonded.map((wan) => wan.name) }, 'LAN traffic is being carried');
    return followWans(manager, config, log, onFatal);
  };
  let following: FollowedWans;
  try {
    following = await takeTraffic();
  } catch (error) {
    // First, so that nothing is made any more.
    manager.stop();
    await relay.stop();
    nftables.close();
    undoAll(journal);
    throw error;
  }
  tiers.start();

  return {
    drain: () => {
      takeChain.stop();
      relay.send({ kind: 'drain', closeListeners: false });
    },
    reconfigure: (next) => {
      const nextCongestion = congestionChoice(next.relay);
      manager.reconfigure(next);
      // From here on nothing can fail.
      tiers.reconfigure(next);
      judge.reconfigure({ config: next, bearsLoss: bearsLoss(nextCongestion) });
      relay.send({ kind: 'opening', opening: openingSettings(next, nextCongestion) });
      relay.send({ kind: 'settings', settings: runningSettings(next.relay, next.log, buffers.limit.bytes) });
      log.level = next.log.level;
      manager.update();
      following.reconfigure(next);
    },
    requests: { wan: controlRequest(overrideRequest, ({ name, tier }) => tiers.override(name, tier)) },
    status: () => ({
      role: 'router',
      pid: process.pid,
      method,
      ...manager.status(),
      counters: relay.counters(),
    }),
    openFlows: () => relay.counters().flowsOpen,
    release: () => nftables.close(),
    stop: async () => {
      const isClean = [await following.stop(), await relay.stop()].every(Boolean);
      await tiers.stop();
      nftables.close();
      undoAll(journal);
      await lock.release();
      return isClean;
    },
  };
}

/** A WAN may come later: a modem takes a minute after the boot, a van stands in a tunnel. */
function tellMissing({ troubles, bonded }: WanState, ranks: ReadonlyMap<string, number>, log: Log): void {
  for (const [wan, verdict] of troubles) {
    if (verdict?.role === 'out' && ranks.has(wan))
      log.warn({ wan, reason: verdict.reason }, 'this WAN cannot carry now and is left out until it can');
  }
  if (bonded.length > 0) return;
  log.error('no WAN can carry now: nothing is bonded until one comes up; `wanbond check -c FILE` shows each');
}

function routerRole(
  config: RouterConfig,
  congestion: CongestionChoice,
  method: RedirectMethod,
  policy: RouterRole['policy'],
): RouterRole {
  return {
    kind: 'router',
    method,
    policy,
    opening: openingSettings(config, congestion),
    socks: config.socks,
  };
}

function openingSettings(
  { relay, servers }: RouterConfig,
  congestion: CongestionChoice,
): RouterOpeningSettings {
  return {
    connectTimeoutMs: relay.connectTimeoutMs,
    handshakeTimeoutMs: relay.handshakeTimeoutMs,
    earlyDataWaitMs: relay.earlyDataWaitMs,
    warmMost: Math.ceil(relay.warmUpstreams / workerCount(relay, servers)),
    congestion,
  };
}
