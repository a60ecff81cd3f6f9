// Measures a lab: each WAN alone, then all together, all through the real programs in one run.
import { setTimeout as sleep } from 'node:timers/promises';

import type { CutSpec } from './cut-spec.ts';
import type { Lab } from '../lab.ts';
import type { LabProcess } from '../lab-process.ts';
import { type CutResult, measureCut } from './measure-cut.ts';
import { measureRate, type RateResult } from './measure-rate.ts';
import { parseMptcpCounters } from './proc-files.ts';
import type { HostName } from '../run-name.ts';
import { streamSha256 } from '../traffic/byte-stream.ts';
import { type Direction, runTransfer } from '../traffic-programs.ts';
import { cutFigures, type LabDocument, makeDocument, type WanFigures } from './verdict.ts';

/** Shows the operator what goes on. */
export interface Progress {
  step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T>;
}

export interface MeasureOptions {
  /** Length of each measurement, after the start of the flow is over. */
  readonly seconds: number;
  readonly progress: Progress;
  /** A cut to measure at the end, in a lab whose links are cuttable. */
  readonly cut?: CutSpec | undefined;
}

export interface Measurement {
  readonly document: LabDocument;
  /** CPU of the bonded runs, in seconds per GB (10^9 bytes) carried. */
  readonly cpuSecondsPerGb: { readonly router: number; readonly server: number };
  readonly longestGapMs: number;
  /** Which flows the cut cost, one line each. */
  readonly losses: readonly string[];
}

type BothWays = Readonly<Record<Direction, RateResult>>;

const DIRECTIONS: readonly Direction[] = ['down', 'up'];
// The checked transfer takes about so long, within these bounds.
const CHECKED_MS = 1500;
const CHECKED_MIN_BYTES = 1_000_003;
const CHECKED_MAX_BYTES = 100_000_007;
// The router resets what still runs; after this it is killed.
const ROUTER_GRACE_MS = 10_000;
// What a reset flow left in the queues of the links is gone by then.
const PAUSE_MS = 500;

export async function measureLab(lab: Lab, { seconds, progress, cut }: MeasureOptions): Promise<Measurement> {
  const { server, origin } = await progress.step('Starting server and origin', async () => {
    const started = await lab.startOrigin();
    return { origin: started, server: await lab.startServer() };
  });
  const measure = (
    title: string,
    wans: readonly string[],
  ): Promise<{ rates: BothWays; sha256Match: boolean }> =>
    progress.step(title, async (note) => {
      const router = await lab.startRouter({ wans });
      const rates = await measureBothWays(lab, { router, server }, seconds, note);
      const isBonded = wans.length === lab.wans.length;
      if (isBonded) note('comparing contents');
      const sha256Match = !isBonded || (await contentsMatch(lab, rates.down.mbps));
      await router.stop(ROUTER_GRACE_MS);
      note(`${rates.down.mbps.toFixed(1)} Mbit/s down, ${rates.up.mbps.toFixed(1)} up`);
      return { rates, sha256Match };
    });

  const alone: BothWays[] = [];
  for (const wan of lab.wans) alone.push((await measure(`${wan.name} alone`, [wan.name])).rates);
  const { rates: bonded, sha256Match } = await measure(
    `${lab.wans.length} WANs together`,
    lab.wans.map((wan) => wan.name),
  );

  const cutResult = cut && (await measureOneCut(lab, cut, origin, progress));
  const document = makeDocument({
    wans: lab.wans.map((wan, i): WanFigures => {
      const link = lab.wanLinks[i];
      const spec = link && link.kind !== 'unshaped' ? link.spec : undefined;
      return {
        name: wan.name,
        rateMbps: spec ? spec.rateBps / 1e6 : null,
        delayMs: spec?.delayMs ?? 0,
        aloneDownMbps: alone[i]?.down.mbps ?? 0,
        aloneUpMbps: alone[i]?.up.mbps ?? 0,
        bondedDownMbps: bonded.down.wanMbps.get(wan.device) ?? 0,
        bondedUpMbps: bonded.up.wanMbps.get(wan.device) ?? 0,
      };
    }),
    bonded: {
      downMbps: bonded.down.mbps,
      upMbps: bonded.up.mbps,
      subflows: Math.min(bonded.down.subflows, bonded.up.subflows),
    },
    ...(await mptcpUse(lab)),
    sha256Match,
    ...(cut && cutResult && { cut: cutFigures(cut, cutResult) }),
    ...(lab.openwrt && { openwrt: lab.openwrt.figures }),
  });
  return {
    document,
    cpuSecondsPerGb: {
      router: cpuPerGb(bonded, 'routerCpuSeconds'),
      server: cpuPerGb(bonded, 'serverCpuSeconds'),
    },
    longestGapMs: Math.max(bonded.down.longestGapMs, bonded.up.longestGapMs),
    losses: cutResult?.losses ?? [],
  };
}

function measureOneCut(lab: Lab, cut: CutSpec, origin: LabProcess, progress: Progress): Promise<CutResult> {
  return progress.step(`${cut.wan} cut in the middle`, async (note) => {
    const router = await lab.startRouter();
    const result = await measureCut(lab, { router, origin }, cut, note);
    await router.stop(ROUTER_GRACE_MS);
    note(`${Math.round(result.stallMs)} ms without a byte`);
    return result;
  });
}

async function measureBothWays(
  lab: Lab,
  programs: { router: LabProcess; server: LabProcess },
  seconds: number,
  note: (text: string) => void,
): Promise<BothWays> {
  const results: Partial<Record<Direction, RateResult>> = {};
  for (const direction of DIRECTIONS) {
    results[direction] = await measureRate(lab, programs, direction, seconds, (rate) =>
      note(`${direction === 'down' ? 'downloading' : 'uploading'}: ${rate.toFixed(1)} Mbit/s`),
    );
    await sleep(PAUSE_MS);
  }
  return results as BothWays;
}

/** Moves a known content each way and compares its SHA-256. */
async function contentsMatch(lab: Lab, rateMbps: number): Promise<boolean> {
  const wanted = Math.round((rateMbps * 1000 * CHECKED_MS) / 8);
  const bytes = Math.min(CHECKED_MAX_BYTES, Math.max(CHECKED_MIN_BYTES, wanted));
  for (const [seed, direction] of DIRECTIONS.entries()) {
    const result = await runTransfer(lab.hosts.lan, direction, lab.target, { bytes, seed });
    if (result.bytes !== bytes || result.sha256 !== streamSha256(seed, bytes)) return false;
  }
  return true;
}

async function mptcpUse(
  lab: Lab,
): Promise<Pick<LabDocument, 'lanUsedMptcp' | 'originUsedMptcp' | 'middleUsedMptcp'>> {
  const read = async (name: HostName): Promise<(counter: string) => number> => {
    const counters = parseMptcpCounters(await lab.hosts[name].must(['cat', '/proc/net/netstat']));
    return (counter) => counters.get(counter) ?? 0;
  };
  const [lan, router, server, origin] = await Promise.all(
    (['lan', 'router', 'server', 'origin'] as const).map(read),
  );
  const spoke = (counter: ((name: string) => number) | undefined): boolean =>
    ['MPCapableSYNTX', 'MPCapableSYNRX', 'MPJoinSynRx'].some((name) => (counter?.(name) ?? 0) > 0);
  return {
    lanUsedMptcp: spoke(lan),
    originUsedMptcp: spoke(origin),
    // Joins must have succeeded as seen from both ends.
    middleUsedMptcp:
      (router?.('MPCapableSYNACKRX') ?? 0) > 0 &&
      (router?.('MPJoinSynAckRx') ?? 0) > 0 &&
      (server?.('MPJoinAckRx') ?? 0) > 0,
  };
}

function cpuPerGb(rates: BothWays, which: 'routerCpuSeconds' | 'serverCpuSeconds'): number {
  const gigabytes = (rates.down.bytes + rates.up.bytes) / 1e9;
  return gigabytes > 0 ? (rates.down[which] + rates.up[which]) / gigabytes : 0;
}
