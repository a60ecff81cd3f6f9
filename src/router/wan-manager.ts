// Keeps what depends on the WANs in step with them while the router runs: endpoints, the order in which flows try
// them, the bypass of their subnets, and the default route of what is not carried; and our routing rule before those of
// others.
import { describe } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { RouterConfig } from '../config/router.ts';
import type { WanConfig } from '../config/wan.ts';
import { runningSettings } from '../daemon/relay-settings.ts';
import { readHostFacts } from '../linux/host-facts.ts';
import { readLinks } from '../linux/netlink/read-links.ts';
import type { Nftables } from '../linux/nftables.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import type { LinkFact } from '../plan/link-fact.ts';
import type { Journal } from '../plan/journal.ts';
import type { Relay } from '../relay/relay.ts';
import type { Families } from '../transport/handshake.ts';
import { FlapHold } from '../wan/links/flap-hold.ts';
import type { KnownServer, NameAnswers } from '../wan/servers/known-servers.ts';
import type { AskingWan } from '../wan/servers/look-up-names.ts';
import { type WanLink, wanLinks } from '../wan/links/links.ts';
import type { WanWatch } from '../wan/watch/wan-watch.ts';
import { type LinkNews, tellsOfLoss } from '../wan/links/lost-links.ts';
import type { PathMeasurement, ProbePath } from '../wan/probe/probe-path.ts';
import { BufferInStep } from './in-step/buffer-in-step.ts';
import { bufferedWans } from './in-step/buffer-limits.ts';
import { cutLost } from './endpoints/cut-lost.ts';
import { MptcpNews } from './report/mptcp-news.ts';
import { type DeviceView, EndpointsInStep } from './endpoints/endpoints-in-step.ts';
import { FastOpenWans } from './policy/fast-open-wans.ts';
import { JournaledSteps } from './in-step/journaled-steps.ts';
import { Retry } from './in-step/retry.ts';
import { PolicyInStep } from './policy/policy-in-step.ts';
import { RedirectInStep } from './redirect/redirect-in-step.ts';
import { ALL_FAMILIES, type RedirectMethod } from './redirect/redirect-table.ts';
import { readyWans } from './wans/ready-wans.ts';
import { routerSysctls } from './plan/router-plan.ts';
import { ServerKnowledge } from './servers/server-knowledge.ts';
import { bringSettingsInStep } from './in-step/settings-in-step.ts';
import { bringStandInsInStep } from './in-step/stand-ins-in-step.ts';
import type { TakeChain } from './redirect/take-chain.ts';
import type { TierKeeper } from './wans/tier-keeper.ts';
import type { WanJudge } from './wans/wan-judge.ts';
import { samePaths } from './wans/probe-paths.ts';
import type { WanState } from './wans/wan-state.ts';
import { tellServers, tellWans } from './report/wan-news.ts';
import { type RouterStatus, routerStatus } from './report/wan-status.ts';

export interface WanManagerParts {
  readonly method: RedirectMethod;
  readonly journal: Journal;
  readonly nftables: Nftables;
  readonly relay: Relay;
  readonly takeChain: TakeChain;
  readonly tiers: TierKeeper;
  readonly judge: WanJudge;
  readonly buffers: BufferInStep;
  readonly log: Log;
}

// Events come in bursts (an interface that comes up brings link, addresses and routes): they are answered together.
const SETTLE_MS = 30;

export class WanManager implements DeviceView {
  /** Once it has started. */
  watch: WanWatch | undefined;
  /** A WAN or a server has come or gone. */
  onTrouble: () => void = () => undefined;
  private readonly parts: WanManagerParts;
  private config: RouterConfig;
  private readonly made: JournaledSteps;
  private readonly endpoints: EndpointsInStep;
  private readonly redirect: RedirectInStep;
  private readonly policy: PolicyInStep;
  private readonly fastOpen: FastOpenWans;
  private readonly flaps = new FlapHold();
  private measurements: readonly PathMeasurement[] = [];
  private readonly known = new ServerKnowledge();
  private wans: readonly WanLink[] = [];
  private seen: { readonly links: readonly LinkFact[]; readonly facts: HostFacts } | undefined;
  private state: WanState | undefined;
  private paths: readonly ProbePath[] = [];
  private readonly mptcpNews: MptcpNews;
  private timer: NodeJS.Timeout | undefined;
  private release: NodeJS.Timeout | undefined;
  private readonly retry = new Retry(() => this.update());
  private isStopped = false;

  /** @param config the one in force until `reconfigure` */
  constructor(config: RouterConfig, parts: WanManagerParts) {
    this.config = config;
    this.parts = parts;
    this.mptcpNews = new MptcpNews(parts.log);
    const made = new JournaledSteps(parts.journal, parts.nftables);
    this.made = made;
    this.endpoints = new EndpointsInStep(made, parts.log);
    this.redirect = new RedirectInStep({ ...parts, made });
    this.fastOpen = new FastOpenWans(parts.log);
    this.policy = new PolicyInStep(parts.relay, this.fastOpen);
  }

  /** Over which a name can be looked up: all that have an address, as nothing may be known of them yet. */
  askingWans(): readonly AskingWan[] {
    return readyWans(this.wans, [4, 6]);
  }

  /** Something of links, addresses or routes has changed. @param events undefined when some were lost */
  onLinkEvent(events: readonly LinkNews[] | undefined): void {
    if (this.isStopped) return;
    const isUrgent = events === undefined || tellsOfLoss(events, this.made.ofKind('endpoint'));
    if (isUrgent) this.guard(() => cutLost(readLinks(), this.made, this.parts.log));
    this.timer ??= setTimeout(() => this.update(), SETTLE_MS);
  }

  /** A probed path has changed: nothing else will come, so act at once. */
  onHealthChange(measurements: readonly PathMeasurement[]): void {
    this.learn(measurements);
    this.update();
  }

  /** Figures without a change of health: they only bear on the order of the WANs for new flows. */
  onMeasurements(measurements: readonly PathMeasurement[]): void {
    this.learn(measurements);
    const { judge } = this.parts;
    if (judge.observe(performance.now(), measurements, this.state?.servers.current?.label)) {
      this.update();
      return;
    }
    const { seen } = this;
    if (seen && !this.isStopped)
      this.guard(() => {
        const state = this.decide(seen.links);
        this.policy.bring(this.config, { state, facts: seen.facts, hints: judge.hints });
        this.bringBuffers();
      });
  }

  private learn(measurements: readonly PathMeasurement[]): void {
    const current = this.state?.servers.current?.label;
    this.measurements = measurements.filter(({ wan }) => this.config.wans.some(({ name }) => name === wan));
    this.parts.tiers.learn(measurements.filter(({ server }) => server === current));
    this.mptcpNews.tell(measurements);
  }

  /** A name of a server stands for other addresses now. */
  onNames(names: NameAnswers): void {
    this.known.learnNames(names);
    this.update();
  }

  /** A server has told which address families it reaches. */
  onFamilies(server: string, families: Families): void {
    this.known.learnFamilies(server, families);
    this.updateFamilies();
  }

  /** What a SOCKS 5 server makes of requests that come before it has answered. */
  onPipelining(server: string, isTaken: boolean): void {
    this.known.learnPipelining(server, isTaken);
    const what = isTaken ? 'the server takes pipelined requests' : 'the server drops pipelined requests';
    this.parts.log.info({ server }, what);
    this.update();
  }

  /** TCP Fast Open has failed too often over a WAN. */
  onFastOpenLost(wan: string): void {
    this.fastOpen.lose(wan, this.state?.order ?? []);
    this.update();
  }

  /**
   * Another config from here on: the redirect first, of which all may be refused, then what follows the WANs.
   *
   * @throws WanbondError when the redirect was refused: then everything is as before
   */
  reconfigure(next: RouterConfig): void {
    const servers = this.known.of(next);
    this.redirect.change(this.config, next, servers, () => readFacts(next));
    this.config = next;
    this.known.keepOnly(servers);
    this.learn(this.measurements);
  }

  status(): RouterStatus {
    const { judge, tiers, buffers } = this.parts;
    const { config, measurements, state, servers, fastOpen } = this;
    const buffer = buffers.limit;
    return routerStatus({ config, servers, measurements, state, judge, tiers, fastOpen, buffer });
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.release);
    this.retry.cancel();
  }

  /** Brings everything in step. What fails is logged and soon tried again; the rest comes all the same. */
  update(): void {
    clearTimeout(this.timer);
    this.retry.cancel();
    this.timer = undefined;
    if (this.isStopped) return;
    this.guard(() => {
      const { config, made } = this;
      const links = readLinks();
      this.guard(() => cutLost(links, made, this.parts.log));
      const facts = readFacts(config);
      this.seen = { links, facts };
      this.wans = wanLinks(config.wans, links, this.wans);
      this.watchFlaps();
      const next = this.decide(links);
      if (tellServers(this.state?.servers, next.servers, config, this.parts.log)) this.onTrouble();
      this.state = next;
      this.fastOpen.follow(next.order);
      // First what running flows wait for.
      this.guard(() => this.endpoints.bring(next.bonded, this, facts));
      this.guard(() => bringStandInsInStep(next.standIns, links, facts, made));
      this.guard(() => this.policy.bring(config, { state: next, facts, hints: this.parts.judge.hints }));
      this.guard(() => this.updatePaths(next));
      this.guard(() => this.redirect.bring(config, this.servers, facts));
      this.guard(() => bringSettingsInStep(config, facts, made));
      this.guard(() => this.bringBuffers());
      this.updateFamilies();
    });
    this.retry.settle();
  }

  private bringBuffers(): void {
    const { config, state, measurements, made } = this;
    const { buffers, tiers, relay } = this.parts;
    if (!state) return;
    const wans = bufferedWans(config, state, measurements, (name) => tiers.ratesBps(name));
    if (!buffers.bring(wans, () => readFacts(config), made)) return;
    relay.send({
      kind: 'settings',
      settings: runningSettings(config.relay, config.log, buffers.limit.bytes),
    });
  }

  private watchFlaps(): void {
    const nowMs = performance.now();
    this.flaps.observe(this.wans, nowMs);
    const releaseMs = this.flaps.nextReleaseMs(nowMs);
    clearTimeout(this.release);
    // A timer may come a moment early.
    if (releaseMs !== undefined) this.release = setTimeout(() => this.update(), releaseMs - nowMs + 1);
  }

  private decide(links: readonly LinkFact[]): WanState {
    const { wans, measurements, servers } = this;
    const { judge, log } = this.parts;
    const before = judge.health;
    const held = this.flaps.held(performance.now());
    const state = judge.decide({ wans, links, servers, measurements, held });
    if (tellWans(before, judge.health, log)) this.onTrouble();
    return state;
  }

  private get servers(): KnownServer[] {
    return this.known.of(this.config);
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.parts.log.error({ err: error }, `following the WANs failed: ${describe(error)}`);
      if (!this.isStopped) this.retry.later();
    }
  }

  /** One that has left the config is off like any other. */
  isOff(device: string): boolean {
    const wan = this.wanOn(device);
    return wan === undefined || !this.parts.tiers.decision.ranks.has(wan.name);
  }

  isWell(device: string): boolean {
    const wan = this.wanOn(device);
    return wan !== undefined && this.parts.judge.health.get(wan.name) === undefined;
  }

  private wanOn(device: string): WanConfig | undefined {
    return this.config.wans.find((one) => one.interface === device);
  }

  private updateFamilies(): void {
    const used = this.state?.servers.alive[0];
    const families = used && this.known.familiesOf(used.label);
    this.guard(() => this.parts.takeChain.learn(families ?? ALL_FAMILIES));
  }

  private updatePaths({ paths }: WanState): void {
    // Before it has started nothing is remembered that it was not told.
    if (!this.watch || samePaths(paths, this.paths)) return;
    this.paths = paths;
    this.watch.setPaths(paths);
  }
}

function readFacts(config: RouterConfig): HostFacts {
  return readHostFacts(routerSysctls(config), config.redirect.table);
}
