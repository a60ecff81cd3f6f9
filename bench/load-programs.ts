// Runs the load programs in the lab's hosts and reads what they print.
import { WanbondError } from '../src/base/error.ts';
import type { Host } from '../src/lab/host.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import type { HeldSample, Traffic } from './load/held-flows.ts';
import type { PingsResult } from './load/pings.ts';
import type { VisitsResult } from './load/visits.ts';
import { notOpened } from './not-opened.ts';

export interface LoadTarget {
  readonly address: string;
  readonly port: number;
  readonly mptcp: boolean;
}

const READY_MS = 20_000;
const OPEN_MS = 60_000;
// What a program takes to start, to warm up and to end, beside the time that it measures.
const SLACK_MS = 30_000;

export async function startLoadOrigin(host: Host, target: LoadTarget): Promise<LabProcess> {
  const started = spawn(host, ['origin', ...portArguments(target)]);
  await started.waitFor(/"ready":true/, READY_MS);
  return started;
}

/** @param onWindow called when what counts begins, and when it ends */
export async function runVisits(
  host: Host,
  target: LoadTarget,
  { atATime, seconds }: { readonly atATime: number; readonly seconds: number },
  onWindow: () => void,
): Promise<VisitsResult> {
  const amount = ['--at-a-time', String(atATime), '--seconds', String(seconds)];
  const started = spawn(host, ['visits', ...clientArguments(target), ...amount]);
  started.onLine((line) => {
    if (line.startsWith('{"window"')) onWindow();
  });
  return await resultOf(started, seconds);
}

export function runPings(
  host: Host,
  target: LoadTarget,
  { bytes, seconds }: { readonly bytes: number; readonly seconds: number },
): Promise<PingsResult> {
  const amount = ['--bytes', String(bytes), '--seconds', String(seconds)];
  return resultOf(spawn(host, ['pings', ...clientArguments(target), ...amount]), seconds);
}

export interface HeldFlows {
  /** As they come. */
  readonly samples: readonly HeldSample[];
  /** Resolves with the milliseconds it took, when as many are open as were asked for. */
  readonly opened: Promise<number>;
  stop(): Promise<void>;
}

/** Opens `count` flows and keeps them until they are stopped. */
export function holdFlows(
  host: Host,
  target: LoadTarget,
  { count, traffic }: { readonly count: number; readonly traffic: Traffic },
): HeldFlows {
  const amount = ['--count', String(count), '--traffic', traffic];
  const started = spawn(host, ['hold', ...clientArguments(target), ...amount]);
  const samples: HeldSample[] = [];
  started.onLine((line) => {
    if (line.startsWith('{"sample"')) samples.push((JSON.parse(line) as { sample: HeldSample }).sample);
  });
  const opened = started
    .waitFor(new RegExp(`"open":${count}\\b`), OPEN_MS)
    .then((line) => (JSON.parse(line) as { sample: HeldSample }).sample.atMs - (samples[0]?.atMs ?? 0))
    .catch((error: unknown) => {
      const last = samples.at(-1);
      // A program that ended has said why.
      throw last && !started.exit ? notOpened(count, OPEN_MS, last, error) : error;
    });
  // Whoever stops early need not wait for it.
  opened.catch(() => undefined);
  return {
    samples,
    opened,
    stop: async () => {
      await started.stop();
    },
  };
}

async function resultOf<T>(started: LabProcess, seconds: number): Promise<T> {
  try {
    const line = await started.waitFor(/^\{"result"/, seconds * 1000 + SLACK_MS);
    await started.exited;
    return (JSON.parse(line) as { result: T }).result;
  } catch (error) {
    await started.stop();
    throw new WanbondError({
      code: 'load-failed',
      message: `${started.label} failed: ${started.stderr.findLast((line) => line.includes('Error')) ?? started.stderr.at(-1) ?? 'it said nothing'}`,
      hint: 'Look at what the programs of router and server print.',
      cause: error,
    });
  }
}

function portArguments({ port, mptcp }: LoadTarget): string[] {
  return ['--port', String(port), ...(mptcp ? ['--mptcp'] : [])];
}

function clientArguments(target: LoadTarget): string[] {
  return ['--address', target.address, ...portArguments(target)];
}

// Beside this program, where rolldown.config.ts puts it.
const PROGRAM = new URL('./load.js', import.meta.url).pathname;

function spawn(host: Host, args: readonly string[]): LabProcess {
  return host.spawn([process.execPath, PROGRAM, ...args], { label: `load ${args[0]} on ${host.name}` });
}
