// Counters of the workers in shared memory: each worker writes its own block, the main thread sums them.
import { FAILURE_REASONS, type FailureReason } from '../transport/failure.ts';

/** Values of one worker. Bytes count user data taken by the receiving socket; `Near` is the side that was accepted. */
const FIELDS = [
  'flowsOpened',
  'flowsEstablished',
  'flowsOpen',
  'flowsReset',
  'bytesToFar',
  'bytesToNear',
  'bytesSpliced',
  'pipesOpen',
  'pipeRefusals',
  'fdsWatched',
  'timersArmed',
  'acceptPauses',
  'hedges',
  'directFallbacks',
  'plainUpstreams',
  'silentClients',
  'warmIdle',
  'warmFlows',
  'fastOpenFlows',
  'fastOpenFallbacks',
  'congestionTrials',
  'foreignFlows',
  'cpuUserSeconds',
  'cpuSystemSeconds',
] as const;

export type CounterName = (typeof FIELDS)[number];

const WORKER_VALUES = FIELDS.length + FAILURE_REASONS.length;
const INDEX = new Map<string, number>(
  [...FIELDS, ...FAILURE_REASONS.map((reason) => `failed:${reason}`)].map((name, index) => [name, index]),
);

export type CounterTotals = Readonly<Record<CounterName, number>> & {
  readonly failed: Readonly<Record<FailureReason, number>>;
};

/** Shared memory for `workers` blocks. */
export function createCounterMemory(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(workers * WORKER_VALUES * Float64Array.BYTES_PER_ELEMENT);
}

/** A worker's own block. Only that worker writes it, so no atomics: a 64-bit store is not torn. */
export class Counters {
  private readonly values: Float64Array;

  constructor(memory: SharedArrayBuffer, worker: number) {
    const bytes = WORKER_VALUES * Float64Array.BYTES_PER_ELEMENT;
    this.values = new Float64Array(memory, worker * bytes, WORKER_VALUES);
  }

  add(name: CounterName, amount: number): void {
    const index = INDEX.get(name) as number;
    this.values[index] = (this.values[index] as number) + amount;
  }

  set(name: CounterName, value: number): void {
    this.values[INDEX.get(name) as number] = value;
  }

  fail(reason: FailureReason): void {
    const index = INDEX.get(`failed:${reason}`) as number;
    this.values[index] = (this.values[index] as number) + 1;
  }
}

/** The sum of all workers. */
export function readCounters(memory: SharedArrayBuffer): CounterTotals {
  const values = new Float64Array(memory);
  const at = (name: string): number => {
    const index = INDEX.get(name) as number;
    let sum = 0;
    for (let i = index; i < values.length; i += WORKER_VALUES) sum += values[i] as number;
    return sum;
  };
  const failed = Object.fromEntries(FAILURE_REASONS.map((reason) => [reason, at(`failed:${reason}`)]));
  return {
    ...(Object.fromEntries(FIELDS.map((name) => [name, at(name)])) as Record<CounterName, number>),
    failed: failed as Record<FailureReason, number>,
  };
}
