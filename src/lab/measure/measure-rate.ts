// One long transfer, looked at between two moments after its start: goodput, bytes per WAN, subflows, CPU.
import { setTimeout as sleep } from 'node:timers/promises';
import { goodputMbps, bytesAt, longestGapMs, mbps } from './goodput.ts';
import type { Lab } from '../lab.ts';
import type { LabProcess } from '../lab-process.ts';
import { readCpuSeconds, readInterfaceBytes } from './proc-files.ts';
import { sleepUntil } from '../sleep-until.ts';
import { countSubflows } from './subflow-count.ts';
import { monotonicMs, SAMPLE_INTERVAL_MS } from '../traffic/sample.ts';
import { type Direction, startTransfer } from '../traffic-programs.ts';

export interface RateResult {
  /** Goodput: read by the LAN program for a download, by the origin for an upload. */
  readonly mbps: number;
  readonly bytes: number;
  /** By device, from the router's byte counters, over the same time. */
  readonly wanMbps: ReadonlyMap<string, number>;
  /** Of the router's connection to the server, established. */
  readonly subflows: number;
  readonly longestGapMs: number;
  readonly routerCpuSeconds: number;
  readonly serverCpuSeconds: number;
}

// Slow start, joining of subflows and the first filling of the buffers are over by then.
const WARM_UP_MS = 3000;
// What the transfer runs longer, so that the second moment lies well inside it.
const TAIL_MS = 700;
const FIRST_BYTE_TIMEOUT_MS = 20_000;
// Samples of the last half second give the rate that is shown.
const SHOWN_SAMPLES = 5;

export async function measureRate(
  lab: Lab,
  { router, server }: { readonly router: LabProcess; readonly server: LabProcess },
  direction: Direction,
  seconds: number,
  show: (mbps: number) => void,
): Promise<RateResult> {
  const durationMs = WARM_UP_MS + seconds * 1000 + TAIL_MS;
  const transfer = startTransfer(lab.hosts.lan, direction, lab.target, { seconds: durationMs / 1000 });
  const shower = setInterval(() => {
    const [a, b] = [transfer.samples.at(-1 - SHOWN_SAMPLES), transfer.samples.at(-1)];
    if (a && b) show(goodputMbps(transfer.samples, a.atMs, b.atMs));
  }, SAMPLE_INTERVAL_MS * SHOWN_SAMPLES);
  try {
    await transfer.process.waitFor(/^\{"sample"/, FIRST_BYTE_TIMEOUT_MS);
    const startMs = transfer.samples[0]?.atMs ?? monotonicMs();
    const look = (): Moment => ({
      atMs: monotonicMs(),
      wans: readInterfaceBytes(router.pid),
      routerCpu: readCpuSeconds(router.pid),
      serverCpu: readCpuSeconds(server.pid),
    });
    await sleepUntil(startMs + WARM_UP_MS);
    const from = look();
    await sleepUntil(startMs + WARM_UP_MS + (seconds * 1000) / 2);
    const subflows = countSubflows(await lab.hosts.router.must(['ss', '-tinH']), lab.upstreamPort);
    await sleepUntil(startMs + WARM_UP_MS + seconds * 1000);
    const to = look();
    const { samples = transfer.samples } = await transfer.result;
    const counter = direction === 'down' ? 'rxBytes' : 'txBytes';
    const carried = (device: string): number =>
      (to.wans.get(device)?.[counter] ?? 0) - (from.wans.get(device)?.[counter] ?? 0);
    return {
      mbps: goodputMbps(samples, from.atMs, to.atMs),
      bytes: bytesAt(samples, to.atMs) - bytesAt(samples, from.atMs),
      wanMbps: new Map(lab.wans.map(({ device }) => [device, mbps(carried(device), to.atMs - from.atMs)])),
      subflows,
      longestGapMs: longestGapMs(samples, from.atMs, to.atMs),
      routerCpuSeconds: to.routerCpu - from.routerCpu,
      serverCpuSeconds: to.serverCpu - from.serverCpu,
    };
  } catch (error) {
    // A dead program is the cause, whatever else it made fail.
    await sleep(SAMPLE_INTERVAL_MS);
    for (const program of [router, server]) {
      if (program.exit) throw program.error('lab-program-ended', 'ended during the measurement');
    }
    throw error;
  } finally {
    clearInterval(shower);
    transfer.process.kill('SIGKILL');
  }
}

interface Moment {
  readonly atMs: number;
  readonly wans: ReturnType<typeof readInterfaceBytes>;
  readonly routerCpu: number;
  readonly serverCpu: number;
}
