// Plain TCP connections from inside a lab host: what was sent, what came back, and how each of them ended.
import { fileURLToPath } from 'node:url';
import type { Host } from '../../src/lab/host.ts';

export interface Probe {
  readonly address: string;
  readonly port: number;
  /** The port to come from; the kernel's choice when not given. */
  readonly localPort?: number;
  /** Bytes to send once connected. */
  readonly send?: Uint8Array;
  /** Close our direction behind what was sent; else it stays open. */
  readonly endAfterSend?: boolean;
  /** For connections one after another that are all kept. */
  readonly startAfterMs?: number;
  /** How long to wait for the end of the connection; 15 s when not given. */
  readonly waitMs?: number;
}

export interface ProbeResult {
  /** `end`: the peer closed in order. `silence`: it did nothing in time. Else the error code, like `ECONNRESET`. */
  readonly outcome: string;
  readonly connected: boolean;
  readonly received: Buffer;
  /** Since the epoch. */
  readonly startedAtMs: number;
  /** From connect() on; undefined when nothing came. */
  readonly firstByteMs: number | undefined;
  readonly totalMs: number;
}

interface RawResult extends Omit<ProbeResult, 'received'> {
  readonly receivedHex: string;
}

const PROGRAM = fileURLToPath(new URL('./tcp-client.mjs', import.meta.url));
const DEFAULT_WAIT_MS = 15_000;

/** Makes an MPTCP program of one that knows nothing of it. */
export const MPTCPIZED: readonly string[] = ['mptcpize', 'run'];

/** Runs the probes, `concurrency` at a time; the results are in their order. @param wrapper runs the program */
export async function probeAll(
  host: Host,
  probes: readonly Probe[],
  concurrency = probes.length,
  wrapper: readonly string[] = [],
): Promise<ProbeResult[]> {
  const plain = probes.map(({ send, waitMs, ...rest }) => ({
    ...rest,
    waitMs: waitMs ?? DEFAULT_WAIT_MS,
    ...(send && { sendHex: Buffer.from(send).toString('hex') }),
  }));
  const input = JSON.stringify({ probes: plain, concurrency });
  const output = await host.must([...wrapper, process.execPath, PROGRAM], { input, timeoutMs: 120_000 });
  return (JSON.parse(output) as RawResult[]).map(resultOf);
}

function resultOf({ receivedHex, ...rest }: RawResult): ProbeResult {
  return { ...rest, received: Buffer.from(receivedHex, 'hex') };
}

export async function probe(host: Host, one: Probe): Promise<ProbeResult> {
  const [result] = await probeAll(host, [one]);
  return result as ProbeResult;
}

/** How many results ended in which way, like `{ ECONNRESET: 3 }`. */
export function countOutcomes(results: readonly ProbeResult[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
