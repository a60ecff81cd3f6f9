// Which WANs the bond is better off without: those whose round trip holds all others up, and those that lose more than
// the congestion control bears. They stand by. Pure: measurements and the time in, verdicts with their reasons out.
//
// The bytes of a flow are read in order. What is sent over the longest path arrives last, and everything that the others
// deliver meanwhile has to wait in the receive buffer; once that is full, nobody may send. See docs/performance.md for
// what was measured.
import { HoldDown, type HoldDownTimes } from './hold-down.ts';
import type { PathMeasurement } from '../probe/probe-path.ts';
import type { Verdicts } from './role.ts';

export interface LinkSample extends Pick<PathMeasurement, 'wan' | 'baseRttMs' | 'lossRatio' | 'lossProbes'> {
  /** What it can carry, of both directions the lesser; undefined when nobody said. */
  readonly rateBps: number | undefined;
}

/** Of the WANs over which this server answers. */
export function linkSamples(
  measurements: readonly PathMeasurement[],
  server: string | undefined,
  rateBps: (wan: string) => number | undefined,
): LinkSample[] {
  return measurements
    .filter((one) => one.server === server && one.health === 'up')
    .map(({ wan, baseRttMs, lossRatio, lossProbes }) => ({
      wan,
      baseRttMs,
      lossRatio,
      lossProbes,
      rateBps: rateBps(wan),
    }));
}

export interface SlowLinkSettings {
  /** There is a congestion control that does not take every loss for a full queue. */
  readonly bearsLoss: boolean;
  readonly times?: HoldDownTimes;
}

export interface SlowLinkDecision {
  /** `standby` only. Never for every WAN that can carry. */
  readonly verdicts: Verdicts;
  /** A WAN that stays in bulk loses packets: flows need a congestion control that bears it. */
  readonly isLossy: boolean;
}

const SLOW_LINK_TIMES: HoldDownTimes = { confirmMs: 2000, holdMs: 15_000, maxHoldMs: 16 * 60_000 };

// 50 Mbit/s at 10 ms with 20 at 300 ms: 66 down, 57 up; at 450 ms 44 down, less than the quick one alone.
const RTT_RATIO = 3;
const RTT_DIFFERENCE_MS = 350;
// A WAN that is out comes back when it is clearly on the other side.
const RETURN_FACTOR = 0.8;
// 5 Mbit/s at 20 ms with 50 at 700: the long one alone 33 Mbit/s, both together 12 down, the short one 5.
const MOST = 2;
// Of round trips of probes, so about twice what one direction loses.
// With bbr a WAN that loses 20 % each way still adds to one of 50 Mbit/s beside it; with cubic 5 % takes from it.
const LOSS_LIMIT_BORNE = 0.5;
const LOSS_LIMIT_NOT_BORNE = 0.04;
const LOSSY = 0.015;
const LOSSY_STILL = 0.008;
// Chance alone loses a few.
const LOST_MINIMUM = 2;
const LOST_MINIMUM_TO_LEAVE = 5;

export class SlowLinks {
  private readonly lossLimit: number;
  private readonly times: HoldDownTimes;
  private readonly links = new Map<string, HoldDown>();
  private isLossy = false;

  constructor({ bearsLoss, times = SLOW_LINK_TIMES }: SlowLinkSettings) {
    this.lossLimit = bearsLoss ? LOSS_LIMIT_BORNE : LOSS_LIMIT_NOT_BORNE;
    this.times = times;
  }

  /** @param samples of the WANs that can carry; what is held against one that is missing waits for its return. */
  observe(nowMs: number, samples: readonly LinkSample[]): SlowLinkDecision {
    for (const sample of samples) this.link(sample).observe(nowMs, this.complaint(sample, samples));
    const bulk = samples.filter((sample) => this.link(sample).complaint === undefined);
    const best = bulk.length > 0 ? undefined : fastest(samples);
    if (best) this.link(best).release();
    this.isLossy = (best ? [best] : bulk).some((sample) => this.losesPackets(sample));
    return { verdicts: this.verdicts(), isLossy: this.isLossy };
  }

  private link({ wan }: LinkSample): HoldDown {
    let link = this.links.get(wan);
    if (!link) this.links.set(wan, (link = new HoldDown(this.times)));
    return link;
  }

  private isOut(sample: LinkSample): boolean {
    return this.link(sample).complaint !== undefined;
  }

  private complaint(sample: LinkSample, samples: readonly LinkSample[]): string | undefined {
    const others = samples.filter((one) => one !== sample && !this.isTooLossy(one));
    if (others.length === 0) return undefined;
    if (this.isTooLossy(sample)) return `${percent(sample.lossRatio ?? 0)} of the probes are lost`;
    const leader = others.find((one) => carriesMost(one, without(samples, one)));
    const factor = this.isOut(sample) ? RETURN_FACTOR : 1;
    if (leader) return isBeyond(leader, sample, factor) ? besideMost(sample, leader) : undefined;
    const best = fastest(others);
    if (!best || carriesMost(sample, others) || !isBeyond(sample, best, factor)) return undefined;
    const [mine, theirs] = [sample, best].map((one) => Math.round(one.baseRttMs ?? 0));
    return `${mine} ms round trip against ${theirs} ms of ${best.wan}`;
  }

  private isTooLossy(sample: LinkSample): boolean {
    const limit = this.lossLimit * (this.isOut(sample) ? RETURN_FACTOR : 1);
    return (sample.lossRatio ?? 0) >= limit && lostProbes(sample) >= LOST_MINIMUM_TO_LEAVE;
  }

  private losesPackets(sample: LinkSample): boolean {
    const limit = this.isLossy ? LOSSY_STILL : LOSSY;
    return (sample.lossRatio ?? 0) >= limit && lostProbes(sample) >= LOST_MINIMUM;
  }

  private verdicts(): Verdicts {
    const out = [...this.links].flatMap(([wan, { complaint }]) =>
      complaint === undefined ? [] : ([[wan, { role: 'standby', reason: complaint }]] as const),
    );
    return new Map(out);
  }
}

/** Whether the round trip of `long` is too long for a bond with `short`; less and they may be together again. */
function isBeyond(long: LinkSample, short: LinkSample, factor: number): boolean {
  if (long.baseRttMs === undefined || short.baseRttMs === undefined) return false;
  const limitMs = Math.max(short.baseRttMs * RTT_RATIO, short.baseRttMs + RTT_DIFFERENCE_MS);
  return long.baseRttMs > limitMs * factor;
}

function besideMost({ rateBps }: LinkSample, leader: LinkSample): string {
  const [mine, most] = [rateBps ?? 0, leader.rateBps ?? 0].map(mbps);
  return `${mine} beside ${most} of ${leader.wan} with its ${Math.round(leader.baseRttMs ?? 0)} ms round trip`;
}

/** Learned rates are no round numbers. */
function mbps(rateBps: number): string {
  return `${Math.max(1, Math.round(rateBps / 1e6))} Mbit/s`;
}

function without(samples: readonly LinkSample[], sample: LinkSample): LinkSample[] {
  return samples.filter((one) => one !== sample);
}

/** A WAN of which the others are a small part: rather they stand by than it. */
function carriesMost({ rateBps }: LinkSample, others: readonly LinkSample[]): boolean {
  const rest = others.map((one) => one.rateBps ?? Number.POSITIVE_INFINITY).reduce((a, b) => a + b, 0);
  return (rateBps ?? 0) > MOST * rest;
}

function lostProbes({ lossRatio, lossProbes }: LinkSample): number {
  return Math.round((lossRatio ?? 0) * lossProbes);
}

function fastest(samples: readonly LinkSample[]): LinkSample | undefined {
  const known = samples.filter(({ baseRttMs }) => baseRttMs !== undefined);
  return known.toSorted((a, b) => (a.baseRttMs as number) - (b.baseRttMs as number))[0] ?? samples[0];
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}
