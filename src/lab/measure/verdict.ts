// The document that a lab run prints, and the judgement of its figures.
import type { CutDirection, CutKind, CutSpec } from './cut-spec.ts';
import type { CutResult } from './measure-cut.ts';
import type { OpenwrtFigures } from '../openwrt/router.ts';
import type { Direction } from '../traffic-programs.ts';

/** Names and units are an interface: scripts read them. Change `schema` when one changes its meaning. */
export interface LabDocument {
  readonly schema: 1;
  readonly wans: readonly WanFigures[];
  readonly bonded: { readonly downMbps: number; readonly upMbps: number; readonly subflows: number };
  readonly sumDownMbps: number;
  readonly sumUpMbps: number;
  /** Bonded goodput over the sum of the WANs alone. */
  readonly efficiencyDown: number;
  readonly efficiencyUp: number;
  readonly lanUsedMptcp: boolean;
  readonly originUsedMptcp: boolean;
  readonly middleUsedMptcp: boolean;
  readonly sha256Match: boolean;
  /** Only of a run with --cut. */
  readonly cut?: CutFigures;
  /** Only of a run with --openwrt. */
  readonly openwrt?: OpenwrtFigures;
  readonly verdict: Verdict;
}

/** What a cut did; null: there is no such figure, because it failed or was not asked for. See CutResult. */
export interface CutFigures {
  readonly wan: string;
  readonly kind: CutKind;
  readonly direction: CutDirection;
  readonly transfer: Direction;
  readonly stallMs: number;
  readonly usualGapMs: number;
  readonly flows: number;
  readonly flowsLost: number;
  readonly newFlowMs: number | null;
  readonly newFlowWorstMs: number | null;
  readonly usualFlowMs: number | null;
  readonly restoredMs: number | null;
  readonly restoreStallMs: number | null;
}

export interface WanFigures {
  readonly name: string;
  /** null: unshaped. */
  readonly rateMbps: number | null;
  /** One way. */
  readonly delayMs: number;
  readonly aloneDownMbps: number;
  readonly aloneUpMbps: number;
  /** By the byte counters of the interface, headers included. */
  readonly bondedDownMbps: number;
  readonly bondedUpMbps: number;
}

export type Verdict =
  | 'bonding'
  | 'corrupt'
  | 'no-mptcp'
  | 'not-plain'
  | 'slow-wan'
  | 'not-bonding'
  | 'flows-lost';

export interface Finding {
  readonly verdict: Exclude<Verdict, 'bonding'>;
  /** One line for the operator. */
  readonly reason: string;
}

/** What a WAN alone must reach of its set rate; headers take 5 to 7 %. */
export const ALONE_MIN = 0.9;
/** What a WAN must carry of its share of the bonded bytes. */
export const SHARE_MIN = 0.7;
/** What the WANs together must reach of their sum; below it they are not worth calling bonded. */
export const EFFICIENCY_MIN = 0.85;

export type Figures = Pick<LabDocument, 'wans' | 'bonded'> &
  Pick<
    LabDocument,
    'lanUsedMptcp' | 'originUsedMptcp' | 'middleUsedMptcp' | 'sha256Match' | 'cut' | 'openwrt'
  >;

/** The whole document from what was measured. */
export function makeDocument(figures: Figures): LabDocument {
  const { wans, bonded, ...facts } = figures;
  const sumDownMbps = sum(wans.map((wan) => wan.aloneDownMbps));
  const sumUpMbps = sum(wans.map((wan) => wan.aloneUpMbps));
  const unjudged = {
    schema: 1 as const,
    wans: wans.map(roundWan),
    bonded: { ...bonded, downMbps: round(bonded.downMbps, 2), upMbps: round(bonded.upMbps, 2) },
    sumDownMbps: round(sumDownMbps, 2),
    sumUpMbps: round(sumUpMbps, 2),
    efficiencyDown: round(ratio(bonded.downMbps, sumDownMbps), 3),
    efficiencyUp: round(ratio(bonded.upMbps, sumUpMbps), 3),
    ...facts,
  };
  return { ...unjudged, verdict: findings(unjudged)[0]?.verdict ?? 'bonding' };
}

function roundWan(wan: WanFigures): WanFigures {
  return {
    name: wan.name,
    rateMbps: wan.rateMbps,
    delayMs: wan.delayMs,
    aloneDownMbps: round(wan.aloneDownMbps, 2),
    aloneUpMbps: round(wan.aloneUpMbps, 2),
    bondedDownMbps: round(wan.bondedDownMbps, 2),
    bondedUpMbps: round(wan.bondedUpMbps, 2),
  };
}

export function cutFigures(spec: CutSpec, result: CutResult): CutFigures {
  const whole = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms));
  return {
    wan: spec.wan,
    kind: spec.kind,
    direction: spec.direction,
    transfer: spec.transfer,
    stallMs: Math.round(result.stallMs),
    usualGapMs: Math.round(result.usualGapMs),
    flows: result.flows,
    flowsLost: result.flowsLost,
    newFlowMs: whole(result.newFlowMs),
    newFlowWorstMs: whole(result.newFlowWorstMs),
    usualFlowMs: whole(result.usualFlowMs),
    restoredMs: whole(result.restoredMs),
    restoreStallMs: whole(result.restoreStallMs),
  };
}

/** All that speaks against `bonding`, the worst first. */
export function findings(document: Omit<LabDocument, 'verdict'>): Finding[] {
  const found: Finding[] = [];
  const add = (verdict: Finding['verdict'], reason: string): number => found.push({ verdict, reason });
  if (!document.sha256Match) add('corrupt', 'the bytes that arrived are not the bytes that were sent');
  if (!document.middleUsedMptcp) add('no-mptcp', 'router and server did not join a second subflow');
  if (document.lanUsedMptcp) add('not-plain', 'the LAN device itself spoke MPTCP');
  if (document.originUsedMptcp) add('not-plain', 'the origin itself spoke MPTCP');
  for (const wan of document.wans) {
    if (wan.rateMbps === null) continue;
    for (const [way, alone] of [
      ['down', wan.aloneDownMbps],
      ['up', wan.aloneUpMbps],
    ] as const) {
      if (alone >= ALONE_MIN * wan.rateMbps) continue;
      add('slow-wan', `${wan.name} alone made ${alone} of ${wan.rateMbps} Mbit/s ${way}`);
    }
  }
  const { subflows } = document.bonded;
  if (subflows < document.wans.length) {
    add('not-bonding', `${subflows} subflows for ${document.wans.length} WANs`);
  }
  if (document.cut && document.cut.flowsLost > 0) {
    const { flows, flowsLost, wan } = document.cut;
    add('flows-lost', `${flowsLost} of ${flows} flows were lost when ${wan} was cut`);
  }
  // Unshaped WANs are limited by the machine, which they share: their rates do not add up.
  if (document.wans.some((wan) => wan.rateMbps === null)) return found;
  for (const [way, efficiency] of [
    ['down', document.efficiencyDown],
    ['up', document.efficiencyUp],
  ] as const) {
    if (efficiency < EFFICIENCY_MIN)
      add('not-bonding', `efficiency ${efficiency} ${way} is below ${EFFICIENCY_MIN}`);
  }
  for (const way of ['Down', 'Up'] as const) {
    for (const [i, share] of shares(document.wans, way).entries()) {
      if (share >= SHARE_MIN) continue;
      const name = document.wans[i]?.name;
      add('not-bonding', `${name} carried ${round(share, 2)} of its share ${way.toLowerCase()}`);
    }
  }
  return found;
}

/** For each WAN: its part of the bonded bytes over its part of the summed rates; 1 is fair. */
export function shares(wans: readonly WanFigures[], way: 'Down' | 'Up'): number[] {
  const carried = wans.map((wan) => wan[`bonded${way}Mbps`]);
  const alone = wans.map((wan) => wan[`alone${way}Mbps`]);
  return wans.map((_, i) => ratio(ratio(carried[i] ?? 0, sum(carried)), ratio(alone[i] ?? 0, sum(alone))));
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const ratio = (a: number, b: number): number => (b > 0 ? a / b : 0);
const round = (value: number, digits: number): number => Number(value.toFixed(digits));
