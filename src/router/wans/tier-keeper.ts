// Keeps the tiers of the WANs while the router runs: looks at what they carry, at their caps and at what was set by
// hand, and tells when who carries has changed.
import { WanbondError } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import { formatVolume } from '../../base/units.ts';
import type { RouterConfig } from '../../config/router.ts';
import type { Tier, WanConfig } from '../../config/wan.ts';
import { InterfaceCounters } from '../../linux/interface-counters.ts';
import { Fullness, type LinkRates, type WanLoad } from '../../wan/tiers/fullness.ts';
import type { PathMeasurement } from '../../wan/probe/probe-path.ts';
import { type CapState, capState, type TierInForce, tierInForce } from '../../wan/tiers/tier-in-force.ts';
import { type TierDecision, Tiers } from '../../wan/tiers/tiers.ts';
import type { MonthUse } from '../../wan/tiers/usage.ts';
import { UsageMeter } from '../../wan/tiers/usage-meter.ts';
import { unknownWan } from './override-request.ts';

// Overflow has to be there within a second or two of the active WANs being full: four looks a second find it in one.
const WATCHFUL_MS = 250;
// A count needs no more than that: an interface that is made anew in between does not overtake the old one.
const CALM_MS = 1000;

/** Of one WAN, for `status`. */
export interface TierStatus {
  /** In force. */
  readonly tier: Tier;
  readonly configuredTier: Tier;
  /** Why the two differ. */
  readonly tierReason: string | undefined;
  readonly override: Tier | undefined;
  /** Since the first day of the month by `cap-day`. */
  readonly month: MonthUse & {
    readonly capBytes: number | undefined;
    readonly capState: CapState | undefined;
  };
  readonly load: WanLoad;
}

export class TierKeeper {
  decision: TierDecision;
  private config: RouterConfig;
  private readonly log: Log;
  private readonly onChange: () => void;
  private readonly counters = new InterfaceCounters();
  private readonly meter: UsageMeter;
  private fullness: ReadonlyMap<string, Fullness>;
  private readonly tiers = new Tiers();
  private readonly overrides = new Map<string, Tier>();
  private readonly capStates = new Map<string, CapState>();
  private usable: ReadonlySet<string>;
  private measurements: readonly PathMeasurement[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** `decideFor` has changed the decision, for measurements perhaps, of which only new flows are told. */
  private isUntold = false;

  /** @param onChange is told soon after the verdicts or ranks of `decision` have changed, whoever asked for it. */
  constructor(config: RouterConfig, log: Log, onChange: () => void) {
    this.config = config;
    this.log = log;
    this.onChange = onChange;
    this.meter = new UsageMeter(config.wans, config.dataDir, log);
    this.fullness = new Map(config.wans.map((wan) => [wan.name, newFullness(wan)]));
    this.usable = new Set(config.wans.map(({ name }) => name));
    this.decision = this.decide();
  }

  start(): void {
    this.look();
    if (this.judge() || this.isUntold) {
      this.isUntold = false;
      this.onChange();
    }
    this.timer = setTimeout(() => this.start(), this.isWatchful() ? WATCHFUL_MS : CALM_MS);
    this.timer.unref();
  }

  /** Who carries is to be decided anew afterwards, see `decideFor`. */
  reconfigure(next: RouterConfig): void {
    const before = new Map(this.config.wans.map((wan) => [wan.name, wan]));
    this.look();
    this.config = next;
    this.meter.reconfigure(next.wans);
    this.fullness = new Map(
      next.wans.map((wan) => {
        const old = before.get(wan.name);
        const known = old && isSameLink(old, wan) ? this.fullness.get(wan.name) : undefined;
        return [wan.name, known ?? newFullness(wan)];
      }),
    );
    const capped = new Set(next.wans.flatMap((wan) => (wan.cap ? [wan.name] : [])));
    for (const name of this.capStates.keys()) if (!capped.has(name)) this.capStates.delete(name);
    const names = new Set(next.wans.map(({ name }) => name));
    for (const name of this.overrides.keys()) if (!names.has(name)) this.overrides.delete(name);
    if (next.wans.every((wan) => this.inForce(wan).tier === 'off') && this.overrides.size > 0) {
      this.log.warn(
        'with this config every WAN would be off by hand or by cap: tiers set by hand are dropped',
      );
      this.overrides.clear();
    }
    this.decision = this.decide();
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.look();
    this.counters.close();
    await this.meter.stop();
  }

  /** @param measurements towards the server that is used. Nothing is decided before the next sample looks at them. */
  learn(measurements: readonly PathMeasurement[]): void {
    this.measurements = measurements;
  }

  /** The decision for the WANs that could carry now. */
  decideFor(usable: ReadonlySet<string>): TierDecision {
    this.usable = usable;
    if (this.judge()) this.isUntold = true;
    return this.decision;
  }

  /** @throws WanbondError `unknown-wan`, `last-wan` */
  override(name: string, tier: Tier | 'auto'): TierStatus {
    const wan = this.config.wans.find((one) => one.name === name);
    if (!wan) throw unknownWan(name, this.config.wans);
    const before = this.overrides.get(name);
    if (tier === 'auto') this.overrides.delete(name);
    else this.overrides.set(name, tier);
    if (tier === 'off' && this.config.wans.every((one) => this.inForce(one).tier === 'off')) {
      if (before === undefined) this.overrides.delete(name);
      else this.overrides.set(name, before);
      throw lastWan(name);
    }
    this.log.info({ wan: name, tier }, tier === 'auto' ? 'tier by config again' : 'tier set by hand');
    if (this.judge()) this.onChange();
    return this.status(wan);
  }

  status(wan: WanConfig): TierStatus {
    const { tier, reason } = this.inForce(wan);
    const month = this.meter.month(wan, new Date());
    return {
      tier,
      configuredTier: wan.tier,
      tierReason: reason,
      override: this.overrides.get(wan.name),
      month: {
        ...month,
        capBytes: wan.cap?.bytes,
        capState: wan.cap && capState(wan.cap, month.rxBytes + month.txBytes),
      },
      load: this.loadOf(wan),
    };
  }

  /** What the WAN can carry, of both directions the lesser; undefined while that is neither configured nor learned. */
  capacityBps(name: string): number | undefined {
    const { down, up } = this.fullness.get(name)?.load() ?? {};
    if (!down?.capacity || !up?.capacity) return undefined;
    return Math.min(down.capacity.bps, up.capacity.bps);
  }

  /** Bits per second: what the WAN can carry, or else what it carries now; undefined while neither is known. */
  ratesBps(name: string): LinkRates {
    const { down, up } = this.fullness.get(name)?.load() ?? {};
    return { down: down?.capacity?.bps ?? down?.rateBps, up: up?.capacity?.bps ?? up?.rateBps };
  }

  private look(): void {
    const nowMs = performance.now();
    this.meter.count(this.counters.read(), nowMs, new Date());
    for (const wan of this.config.wans) {
      const rttMs = this.measurements.find((one) => one.wan === wan.name)?.recentRttMs;
      this.fullness.get(wan.name)?.onSample({ nowMs, ...this.meter.sinceStart(wan.name), rttMs });
      this.watchCap(wan);
    }
  }

  /** Decides anew; true when somebody's role or rank is another than before. */
  private judge(): boolean {
    const before = this.decision;
    this.decision = this.decide();
    const [then, now] = [before.overflow?.wans ?? [], this.decision.overflow?.wans ?? []];
    if (now.some((wan) => !then.includes(wan))) this.log.info(this.decision.overflow, 'overflow WANs carry');
    else if (now.length < then.length) {
      const wans = then.filter((wan) => !now.includes(wan));
      this.log.info({ wans }, 'overflow WANs rest: the others have room, or they are down');
    }
    return keyOf(before) !== keyOf(this.decision);
  }

  private decide(): TierDecision {
    const wans = this.config.wans.map((wan) => {
      const { tier, reason } = this.inForce(wan);
      const isUsable = this.usable.has(wan.name);
      return { wan: wan.name, tier, tierReason: reason, isUsable, load: this.loadOf(wan) };
    });
    return this.tiers.decide(wans, performance.now());
  }

  private inForce(wan: WanConfig): TierInForce {
    const { rxBytes, txBytes } = this.meter.month(wan, new Date());
    return tierInForce(wan.tier, wan.cap, rxBytes + txBytes, this.overrides.get(wan.name));
  }

  private loadOf({ name }: WanConfig): WanLoad {
    return (this.fullness.get(name) as Fullness).load();
  }

  private isWatchful(): boolean {
    return this.config.wans.some((wan) => this.inForce(wan).tier === 'overflow');
  }

  private watchCap(wan: WanConfig): void {
    if (!wan.cap) return;
    const { rxBytes, txBytes, since } = this.meter.month(wan, new Date());
    const used = rxBytes + txBytes;
    const state = capState(wan.cap, used);
    const before = this.capStates.get(wan.name) ?? 'within';
    this.capStates.set(wan.name, state);
    if (state === before) return;
    const facts = { wan: wan.name, usedBytes: used, capBytes: wan.cap.bytes, since };
    const cap = formatVolume(wan.cap.bytes);
    if (state === 'within') this.log.info(facts, 'a new month: its cap counts from the beginning');
    else if (state === 'warn')
      this.log.warn(
        facts,
        `${Math.floor((used / wan.cap.bytes) * 100)} % of its ${cap} of this month are used`,
      );
    else this.log.warn(facts, `its ${cap} of this month are used up: from now on it is ${wan.cap.past}`);
  }
}

function newFullness({ rateDownBps: down, rateUpBps: up }: WanConfig): Fullness {
  return new Fullness({ down, up });
}

/** What was learned of it is still true. */
function isSameLink(a: WanConfig, b: WanConfig): boolean {
  return a.interface === b.interface && a.rateDownBps === b.rateDownBps && a.rateUpBps === b.rateUpBps;
}

function keyOf({ verdicts, ranks }: TierDecision): string {
  return JSON.stringify([[...verdicts], [...ranks]]);
}

function lastWan(name: string): WanbondError {
  return new WanbondError({
    code: 'last-wan',
    message: `${name} is the last WAN that is not off`,
    hint: 'Switch another one on first, or stop the daemon if nothing shall be carried.',
  });
}
