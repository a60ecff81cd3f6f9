// Cuts a WAN in the middle of a transfer and sees what a LAN program notices of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { WanbondError } from '../../base/error.ts';
import { carriesAfterMs, counterRate, longestStall, visitFigures } from './cut-figures.ts';
import { type CutSpec, STEADY_AFTER_MS } from './cut-spec.ts';
import type { Lab } from '../lab.ts';
import type { LabProcess } from '../lab-process.ts';
import { cutLink, restoreLink } from './link-cut.ts';
import { sleepUntil } from '../sleep-until.ts';
import { monotonicMs, type Sample } from '../traffic/sample.ts';
import { collectSamples, startAlongside, startTransfer } from '../traffic-programs.ts';
import { WanTrace } from './wan-trace.ts';

/** All times in milliseconds. */
export interface CutResult {
  /** Longest time in which the reader (LAN program, of an upload the origin) got no byte between cut and restore. */
  readonly stallMs: number;
  /** When that began, from the cut on. */
  readonly stallFromMs: number;
  /** The same before the cut: what the machine and the queues make without it. */
  readonly usualGapMs: number;
  /** The same from the restoring on; undefined without one. */
  readonly restoreStallMs: number | undefined;
  /** The measured transfer, flows that were open all the time, and new connections. */
  readonly flows: number;
  /** Of these: reset, ended short, wrong content, or never went on. */
  readonly flowsLost: number;
  /** What happened to them, for people. */
  readonly losses: readonly string[];
  /** From connect to first byte: the first connection opened after the cut; undefined when it failed. */
  readonly newFlowMs: number | undefined;
  /** The slowest of those opened within a second after it. */
  readonly newFlowWorstMs: number | undefined;
  /** Their median before the cut. */
  readonly usualFlowMs: number | undefined;
  /** From the restoring until the WAN carries data in bulk again; undefined when it did not, or was not restored. */
  readonly restoredMs: number | undefined;
  /** How late the emulator itself delivered in that time, at worst: what of the figures is not the product's. */
  readonly emulatorLateMs: number;
  /** When the cut held, on CLOCK_MONOTONIC, for those who look at other clocks. */
  readonly cutAtMs: number;
}

export interface CutPrograms {
  readonly router: LabProcess;
  readonly origin: LabProcess;
}

const ENDPOINTS_TIMEOUT_MS = 40_000;
const POLL_MS = 50;
const FIRST_BYTE_TIMEOUT_MS = 20_000;
// What is looked at after the last event.
const TAIL_MS = 4000;
// A transfer that has not gone on after so much more counts as lost.
const LOST_AFTER_MS = 15_000;
// After the WAN is back there is this much more to see.
const RESTORED_TAIL_MS = 500;
// The usual rates and gaps are those of so long before the cut.
const USUAL_MS = 1000;
// A WAN that carries less before it is cut shows nothing.
const LEAST_MBPS = 0.1;
// The transfer is ended from outside; this only bounds it.
const TRANSFER_SECONDS = 3600;

/**
 * One run in a lab whose WANs are cuttable, with origin, server and router started. The link is restored afterwards,
 * so that runs may follow each other; each waits until all WANs are in the bond.
 * @throws WanbondError `cut-not-steady` when the WAN carried nothing that a cut could take away
 */
export async function measureCut(
  lab: Lab,
  { router, origin }: CutPrograms,
  spec: CutSpec,
  note: (text: string) => void = () => undefined,
): Promise<CutResult> {
  const { emulator } = lab;
  const wan = lab.wans.find(({ name }) => name === spec.wan);
  if (!emulator || !wan) throw new RangeError(`${spec.wan} of this lab cannot be cut`);
  await untilBonded(lab);
  const alongside = startAlongside(lab.hosts.lan, lab.target);
  const transfer = startTransfer(lab.hosts.lan, spec.transfer, lab.target, { seconds: TRANSFER_SECONDS });
  const reader = spec.transfer === 'down' ? undefined : collectSamples(origin);
  const samples: readonly Sample[] = reader?.samples ?? transfer.samples;
  const trace = new WanTrace(router.pid, wan.device, spec.transfer === 'down' ? 'rxBytes' : 'txBytes');
  try {
    const startMs = await firstByte(transfer.process, samples);
    note('waiting for the cut');
    await sleepUntil(startMs + spec.atMs);
    await emulator.stats();
    const cutAtMs = await cutLink(lab, spec);
    note(`${spec.wan} is cut`);
    const usualRate = counterRate(trace.samples, cutAtMs - USUAL_MS, cutAtMs) ?? 0;
    if (usualRate < (LEAST_MBPS * 1000) / 8) throw notSteady(spec.wan);
    await sleepUntil(spec.restoreAtMs === undefined ? cutAtMs + TAIL_MS : startMs + spec.restoreAtMs);

    let restoredAtMs: number | undefined;
    let restoredMs: number | undefined;
    if (spec.restoreAtMs !== undefined) {
      restoredAtMs = await restoreLink(lab, spec);
      note(`${spec.wan} is back`);
      while (restoredMs === undefined && monotonicMs() < restoredAtMs + TAIL_MS) {
        await sleep(POLL_MS);
        restoredMs = carriesAfterMs(trace.samples, restoredAtMs, usualRate);
      }
      await sleep(RESTORED_TAIL_MS);
    }
    const endMs = monotonicMs();
    const stats = await emulator.stats();
    const isTransferLost = !(await goesOn(transfer.process, samples));
    transfer.process.kill('SIGKILL');
    await restoreLink(lab, spec);
    const { visits, talks, talkErrors } = await alongside.stop();
    const { usualMs, firstMs, worstMs, failed } = visitFigures(
      visits,
      startMs + STEADY_AFTER_MS - USUAL_MS,
      cutAtMs,
    );
    const stall = longestStall(samples, cutAtMs, restoredAtMs ?? endMs);
    const losses = [
      ...(isTransferLost
        ? [`the measured transfer: ${transfer.process.stderr.at(-1) ?? 'it did not go on'}`]
        : []),
      ...talkErrors.map((error) => `a flow that was open: ${error}`),
      ...failed.map(
        ({ atMs, error }) => `a connection of ${Math.round(atMs - cutAtMs)} ms after the cut: ${error}`,
      ),
    ];
    return {
      stallMs: stall.ms,
      stallFromMs: stall.atMs - cutAtMs,
      usualGapMs: longestStall(samples, cutAtMs - USUAL_MS, cutAtMs).ms,
      restoreStallMs: restoredAtMs === undefined ? undefined : longestStall(samples, restoredAtMs, endMs).ms,
      flows: 1 + talks + visits.length,
      flowsLost: losses.length,
      losses,
      newFlowMs: firstMs,
      newFlowWorstMs: worstMs,
      usualFlowMs: usualMs,
      restoredMs,
      emulatorLateMs: Math.max(
        ...Object.values(stats).flatMap(({ aToB, bToA }) => [
          aToB.lateness?.maxMs ?? 0,
          bToA.lateness?.maxMs ?? 0,
        ]),
      ),
      cutAtMs,
    };
  } finally {
    trace.stop();
    reader?.stop();
    transfer.process.kill('SIGKILL');
    alongside.process.kill('SIGKILL');
    await restoreLink(lab, spec);
  }
}

/** An earlier cut is over when every WAN has its endpoint again. */
async function untilBonded(lab: Lab): Promise<void> {
  const deadlineMs = monotonicMs() + ENDPOINTS_TIMEOUT_MS;
  for (;;) {
    const endpoints = await lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'show']);
    const missing = lab.wans.filter(({ device }) => !endpoints.includes(`dev ${device}`));
    if (missing.length === 0) return;
    if (monotonicMs() > deadlineMs) {
      throw new WanbondError({
        code: 'cut-not-bonded',
        message: `${missing.map(({ name }) => name).join(', ')} did not come into the bond`,
        hint: 'Look at the log of the router: why does it not use the WAN?',
      });
    }
    await sleep(POLL_MS);
  }
}

async function firstByte(transfer: LabProcess, samples: readonly Sample[]): Promise<number> {
  const deadlineMs = monotonicMs() + FIRST_BYTE_TIMEOUT_MS;
  for (;;) {
    if (samples[0]) return samples[0].atMs;
    if (transfer.exit) throw transfer.error('lab-traffic-failed', 'ended before its first byte');
    if (monotonicMs() > deadlineMs) throw transfer.error('lab-program-silent', 'moved no byte');
    await sleep(POLL_MS);
  }
}

/** Whether the reader gets another byte, now or a while later. */
async function goesOn(transfer: LabProcess, samples: readonly Sample[]): Promise<boolean> {
  const before = samples.at(-1)?.bytes ?? 0;
  const deadlineMs = monotonicMs() + LOST_AFTER_MS;
  while (transfer.exit === undefined && monotonicMs() < deadlineMs) {
    if ((samples.at(-1)?.bytes ?? 0) > before) return true;
    await sleep(POLL_MS);
  }
  return false;
}

function notSteady(wan: string): WanbondError {
  return new WanbondError({
    code: 'cut-not-steady',
    message: `${wan} carried nothing before it was cut`,
    hint: 'Cut later, when the transfer uses all WANs; a WAN that is much slower than the others may never be used.',
  });
}
