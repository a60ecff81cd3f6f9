// Runs the traffic programs in the lab's hosts and reads what they print.
import { builtProgram } from '../base/package-files.ts';
import { WanbondError } from '../base/error.ts';
import type { Host } from './host.ts';
import type { LabProcess } from './lab-process.ts';
import type { AlongsideResult } from './traffic/alongside.ts';
import type { TransferResult } from './traffic/client.ts';
import type { FlowsResult } from './traffic/flows.ts';
import type { Sample } from './traffic/sample.ts';

export interface TrafficTarget {
  readonly address: string;
  readonly port: number;
  readonly bannerPort: number;
}

export interface Transfer {
  readonly process: LabProcess;
  /** As they come. Of an upload: what left the LAN program; what the origin read is in the result. */
  readonly samples: readonly Sample[];
  /** @throws WanbondError `lab-traffic-failed` */
  readonly result: Promise<TransferResult>;
}

export type Direction = 'down' | 'up';
export type Amount = ({ readonly bytes: number; readonly seed?: number } | { readonly seconds: number }) & {
  /** At most so many bits per second; as fast as it goes when not given. */
  readonly rateBps?: number;
};

const READY_TIMEOUT_MS = 10_000;

/** The origin's plain-TCP servers, listening on IPv4 and IPv6. */
export async function startOrigin(host: Host, target: TrafficTarget): Promise<LabProcess> {
  const started = spawnTraffic(host, 'origin', ['--port', target.port, '--banner-port', target.bannerPort]);
  await started.waitFor(/"ready":true/, READY_TIMEOUT_MS);
  return started;
}

/** Starts one download or upload of a LAN program. */
export function startTransfer(
  host: Host,
  direction: Direction,
  target: TrafficTarget,
  amount: Amount,
): Transfer {
  const size =
    'bytes' in amount ? ['--bytes', amount.bytes, '--seed', amount.seed ?? 0] : ['--seconds', amount.seconds];
  const started = spawnTraffic(host, direction === 'down' ? 'download' : 'upload', [
    ...targetArguments(target),
    ...size,
    ...rateArguments(amount.rateBps),
  ]);
  const { samples } = collectSamples(started);
  const result = resultOf<TransferResult>(started);
  // Whoever kills the program need not wait for its result.
  result.catch(() => undefined);
  return { process: started, samples, result };
}

/** What a traffic program prints from now on of what it reads; the origin does of uploads. */
export function collectSamples(from: LabProcess): { readonly samples: readonly Sample[]; stop(): void } {
  const samples: Sample[] = [];
  const stop = from.onLine((line) => {
    if (!line.startsWith('{"sample"')) return;
    samples.push((JSON.parse(line) as { sample: Sample }).sample);
  });
  return { samples, stop };
}

/** One download or upload from start to end. */
export function runTransfer(
  host: Host,
  direction: Direction,
  target: TrafficTarget,
  amount: Amount,
): Promise<TransferResult> {
  return startTransfer(host, direction, target, amount).result;
}

export interface FlowsAmount {
  readonly count: number;
  readonly concurrency: number;
  readonly bytes: number;
  readonly direction: Direction;
  /** Flows begin evenly, so that all together have this rate; one after another when not given. */
  readonly rateBps?: number;
}

/** Many checked flows from one LAN program. */
export function runFlows(host: Host, target: TrafficTarget, amount: FlowsAmount): Promise<FlowsResult> {
  const { count, concurrency, bytes, direction, rateBps } = amount;
  return resultOf<FlowsResult>(
    spawnTraffic(host, 'flows', [
      ...targetArguments(target),
      ...['--count', count, '--concurrency', concurrency, '--bytes', bytes],
      ...['--direction', direction === 'down' ? 'get' : 'put'],
      ...rateArguments(rateBps),
    ]),
  );
}

function rateArguments(rateBps: number | undefined): (string | number)[] {
  return rateBps === undefined ? [] : ['--rate', rateBps];
}

export interface Alongside {
  readonly process: LabProcess;
  /** Ends it in order. */
  stop(): Promise<AlongsideResult>;
}

/** Flows that stay open and new connections every so often, beside what is measured. */
export function startAlongside(host: Host, target: TrafficTarget): Alongside {
  const started = spawnTraffic(host, 'alongside', [
    ...targetArguments(target),
    ...['--banner-port', target.bannerPort],
  ]);
  return {
    process: started,
    stop: () => {
      started.kill('SIGTERM');
      return resultOf<AlongsideResult>(started);
    },
  };
}

function targetArguments(target: TrafficTarget): (string | number)[] {
  return ['--address', target.address, '--port', target.port];
}

function spawnTraffic(host: Host, command: string, args: readonly (string | number)[]): LabProcess {
  const argv = [process.execPath, builtProgram('lab-traffic'), command, ...args.map(String)];
  return host.spawn(argv, { label: `${command} on ${host.name}` });
}

async function resultOf<T>(started: LabProcess): Promise<T> {
  const exit = await started.exited;
  const line = started.stdout.findLast((one) => one.startsWith('{"result"'));
  if (exit.code === 0 && line !== undefined) return (JSON.parse(line) as { result: T }).result;
  throw new WanbondError({
    code: 'lab-traffic-failed',
    message: `${started.label} failed: ${started.stderr.at(-1) ?? exit.signal ?? `exit ${exit.code}`}`,
    hint: 'Look at the logs of router and server: why was the flow refused?',
  });
}
