// Brings together what speaks for and against the WANs: their links and probes, their tiers, and whether they hold the
// others up. Keeps what has to be remembered between two looks; touches nothing.
import type { Log } from '../../base/log.ts';
import type { RouterConfig } from '../../config/router.ts';
import type { PathHints } from '../../transport/handshake.ts';
import type { PathMeasurement } from '../../wan/probe/probe-path.ts';
import { mergeVerdicts, sameRoles, type Verdicts } from '../../wan/role/role.ts';
import { linkSamples, SlowLinks } from '../../wan/role/slow-link.ts';
import { CLEAN_PATHS } from '../policy/policy.ts';
import type { TierKeeper } from './tier-keeper.ts';
import type { WanFacts } from './wan-facts.ts';
import { decideWans, type WanState } from './wan-state.ts';

export interface WanJudgeParts extends WanJudgeSettings {
  readonly tiers: TierKeeper;
  readonly log: Log;
}

export interface WanJudgeSettings {
  readonly config: RouterConfig;
  /** Flows over lossy paths get a congestion control for it. */
  readonly bearsLoss: boolean;
}

export class WanJudge {
  /** By WAN name: what is wrong with it, whatever its tier; undefined when nothing is. */
  health: ReadonlyMap<string, string | undefined> = new Map();
  hints: PathHints = CLEAN_PATHS;
  private parts: WanJudgeParts;
  private slowLinks: SlowLinks;
  private slow: Verdicts = new Map();

  constructor(parts: WanJudgeParts) {
    this.parts = parts;
    this.slowLinks = new SlowLinks({ bearsLoss: parts.bearsLoss });
  }

  reconfigure(next: WanJudgeSettings): void {
    if (next.bearsLoss !== this.parts.bearsLoss) this.slowLinks = new SlowLinks(next);
    this.parts = { ...this.parts, ...next };
  }

  decide(facts: Omit<WanFacts, 'verdicts' | 'ranks'>): WanState {
    const { config, tiers } = this.parts;
    // Health first: by it the tiers decide who has to help whom.
    const { troubles } = decideWans(config, { ...facts, verdicts: new Map() });
    this.health = new Map([...troubles].map(([name, verdict]) => [name, verdict?.reason]));
    // One that holds the others up carries nothing: overflow must not wait until it is full.
    const usable = [...this.health].flatMap(([name, trouble]) =>
      trouble === undefined && !this.slow.has(name) ? [name] : [],
    );
    const { verdicts, ranks } = tiers.decideFor(new Set(usable));
    const rateBps = (wan: string) => tiers.capacityBps(wan);
    return decideWans(config, { ...facts, verdicts: mergeVerdicts([verdicts, this.slow]), ranks, rateBps });
  }

  /**
   * Looks whether WANs hold the others up, or lose packets. To be called about once a second.
   *
   * @param server label of the one that is used. Returns whether anything is another than before.
   */
  observe(nowMs: number, measurements: readonly PathMeasurement[], server: string | undefined): boolean {
    // Who stands by for its tier holds nobody up, and must not be the reason why another one does too.
    const resting = this.parts.tiers.decision.verdicts;
    const rateBps = (wan: string) => this.parts.tiers.capacityBps(wan);
    const samples = linkSamples(measurements, server, rateBps).filter(({ wan }) => !resting.has(wan));
    const { verdicts, isLossy } = this.slowLinks.observe(nowMs, samples);
    const hasTurned = isLossy !== this.hints.isLossy;
    const isSame = !hasTurned && sameRoles(verdicts, this.slow);
    this.slow = verdicts;
    this.hints = { isLossy };
    if (hasTurned) this.parts.log.info({ isLossy }, 'whether the paths lose packets');
    return !isSame;
  }
}
