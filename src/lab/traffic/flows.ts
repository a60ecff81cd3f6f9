// Many transfers from one LAN program: so many in all, so many at a time, every one checked.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe } from '../../base/error.ts';
import { streamSha256 } from './byte-stream.ts';
import { download, type Target, type TransferResult, upload } from './client.ts';

export interface FlowsOptions {
  readonly target: Target;
  readonly count: number;
  readonly concurrency: number;
  readonly bytes: number;
  readonly direction: 'get' | 'put';
  /** Flows begin evenly, so that all together have this rate; one after another when not given. */
  readonly rateBps?: number | undefined;
}

export interface FlowsResult {
  readonly flows: number;
  readonly equal: number;
  readonly different: number;
  /** Failed flows by error code. */
  readonly failed: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly firstByteMedianMs: number;
  readonly firstByteP99Ms: number;
}

// So many different contents, so that a mixed-up flow shows without hashing every expectation anew.
const SEEDS = 97;

export async function runFlows(options: FlowsOptions): Promise<FlowsResult> {
  const expected = Array.from({ length: Math.min(SEEDS, options.count) }, (_, seed) =>
    streamSha256(seed, options.bytes),
  );
  const failed: Record<string, number> = {};
  const firstBytesMs: number[] = [];
  let next = 0;
  let equal = 0;
  let different = 0;
  const startMs = performance.now();
  const betweenMs = options.rateBps === undefined ? 0 : (options.bytes * 8000) / options.rateBps;
  const worker = async (): Promise<void> => {
    while (next < options.count) {
      const index = next++;
      await sleep(Math.max(0, startMs + index * betweenMs - performance.now()));
      const seed = index % SEEDS;
      try {
        const result = await transfer(options, seed);
        firstBytesMs.push(result.firstByteMs);
        if (result.sha256 === expected[seed] && result.bytes === options.bytes) equal++;
        else different++;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? describe(error);
        failed[code] = (failed[code] ?? 0) + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, options.count) }, worker));
  firstBytesMs.sort((a, b) => a - b);
  const quantile = (q: number): number => firstBytesMs[Math.floor((firstBytesMs.length - 1) * q)] ?? 0;
  return {
    flows: options.count,
    equal,
    different,
    failed,
    seconds: (performance.now() - startMs) / 1000,
    firstByteMedianMs: quantile(0.5),
    firstByteP99Ms: quantile(0.99),
  };
}

function transfer({ target, bytes, direction }: FlowsOptions, seed: number): Promise<TransferResult> {
  return direction === 'get'
    ? download(target, { kind: 'get-bytes', bytes, seed })
    : upload(target, { kind: 'put-bytes', bytes }, seed);
}
