// Keeps what depends on the WANs in step with them while the router runs: endpoints, the order in which flows try
// them, the bypass of their subnets, and the default route of what is not carried.
import { formatAddress, formatSocketAddress } from '../base/address.ts';
import { describe } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { RouterConfig } from '../config/router.ts';
import { applyPlan, takeBack } from '../linux/apply-plan.ts';
import { readHostFacts } from '../linux/host-facts.ts';
import { readLinks } from '../linux/netlink/read-links.ts';
import type { Nftables } from '../linux/nftables.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import type { Journal } from '../plan/journal.ts';
import type { Step, Undo } from '../plan/step.ts';
import type { Relay } from '../relay/relay.ts';
import type { Prober } from '../wan/prober.ts';
import type { ProbePath, WanMeasurement } from '../wan/prober-spec.ts';
import { renderBypassUpdate } from './bypass-update.ts';
import { routerPolicy } from './policy.ts';
import { type RedirectMethod } from './redirect-table.ts';
import { findReadyWans, redirectTable, routerSysctls, wanSteps } from './router-plan.ts';
import { decideWans, samePaths, sameRoute, type WanState } from './wan-state.ts';

export interface WanManagerParts {
  readonly config: RouterConfig;
  readonly method: RedirectMethod;
  readonly journal: Journal;
  readonly nftables: Nftables;
  readonly relay: Relay;
  readonly log: Log;
}

// Events come in bursts (an interface that comes up brings link, addresses and routes): they are answered together.
const SETTLE_MS = 30;

export class WanManager {
  prober: Prober | undefined;
  measurements: readonly WanMeasurement[] = [];
  private readonly parts: WanManagerParts;
  private state: WanState | undefined;
  private paths: readonly ProbePath[] = [];
  private policyText = '';
  private bypassText = '';
  private generation = 1;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(parts: WanManagerParts) {
    this.parts = parts;
  }

  /** Something of links, addresses or routes has changed. */
  onLinkEvent(): void {
    this.timer ??= setTimeout(() => this.update(), SETTLE_MS);
  }

  /** A probed WAN has changed: nothing else will come, so act at once. */
  onHealthChange(measurements: readonly WanMeasurement[]): void {
    this.measurements = measurements;
    this.update();
  }

  status(): readonly unknown[] {
    return this.parts.config.wans.map(({ name, interface: device }) => {
      const { wan: _, seenAs, ...measured } = this.measurements.find(({ wan }) => wan === name) ?? {};
      const seen = seenAs && formatSocketAddress(seenAs);
      return { name, interface: device, trouble: this.state?.troubles.get(name), ...measured, seenAs: seen };
    });
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** Brings everything in step. What fails is logged and tried again with the next event: flows go on meanwhile. */
  update(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isStopped) return;
    try {
      const { config } = this.parts;
      const facts = readHostFacts(routerSysctls(config), config.redirect.table);
      const ready = findReadyWans(config, facts);
      const next = decideWans(config, ready, readLinks(), this.measurements);
      this.tell(next);
      this.state = next;
      this.updateStandIns(next, facts);
      if (ready.length > 0) this.updateEndpoints(next, facts);
      this.updatePolicy(next, facts);
      this.updateBypass(facts);
      this.updatePaths(next);
    } catch (error) {
      this.parts.log.error({ err: error }, `following the WANs failed: ${describe(error)}`);
    }
  }

  private tell(next: WanState): void {
    for (const [wan, trouble] of next.troubles) {
      if (this.state === undefined ? trouble === undefined : this.state.troubles.get(wan) === trouble)
        continue;
      if (trouble) this.parts.log.warn({ wan, reason: trouble }, 'WAN down');
      else this.parts.log.info({ wan }, 'WAN up');
    }
  }

  private updateStandIns({ standIns }: WanState, facts: HostFacts): void {
    const ours = this.journaled('default-route');
    const isWanted = (undo: (typeof ours)[number]) => standIns.some((one) => sameRoute(one, undo.route));
    this.takeBack(ours.filter((undo) => !isWanted(undo)));
    this.apply(
      standIns.filter((one) => !ours.some((undo) => sameRoute(one, undo.route))),
      facts,
    );
  }

  /** Deleting an endpoint makes the kernel send what was on its way over the others; adding one brings it into running flows. */
  private updateEndpoints({ bonded }: WanState, facts: HostFacts): void {
    const steps = wanSteps(this.parts.config, bonded, facts);
    const wanted = steps.filter((step) => step.kind === 'endpoint');
    const stale = this.journaled('endpoint').filter(
      (undo) =>
        !wanted.some((step) => formatAddress(step.address) === undo.address && step.device === undo.device),
    );
    this.takeBack(stale);
    const left = facts.endpoints.filter((one) => !stale.some((undo) => undo.id === one.id));
    this.apply(steps, { ...facts, endpoints: left });
  }

  private updatePolicy({ order }: WanState, facts: HostFacts): void {
    const { config, relay } = this.parts;
    const policy = routerPolicy(config, order, facts, this.generation + 1);
    const text = JSON.stringify([policy.wans, policy.own]);
    if (text === this.policyText) return;
    this.policyText = text;
    this.generation++;
    relay.send({ kind: 'policy', policy });
  }

  private updateBypass(facts: HostFacts): void {
    const { config, method, nftables } = this.parts;
    const text = renderBypassUpdate(redirectTable(config, method, facts));
    if (text === this.bypassText) return;
    nftables.run(text);
    this.bypassText = text;
  }

  private updatePaths({ paths }: WanState): void {
    if (samePaths(paths, this.paths)) return;
    this.paths = paths;
    this.prober?.setPaths(paths);
  }

  private journaled<K extends Undo['kind']>(kind: K): Extract<Undo, { kind: K }>[] {
    return this.parts.journal.entries.filter(
      (undo): undo is Extract<Undo, { kind: K }> => undo.kind === kind,
    );
  }

  private apply(steps: readonly Step[], facts: HostFacts): void {
    if (steps.length > 0) applyPlan(steps, facts, this.parts.journal, this.parts.nftables);
  }

  private takeBack(undos: readonly Undo[]): void {
    const failure = takeBack(undos, this.parts.journal)[0];
    if (failure) throw failure;
  }
}
