// Flows that carry as much as goes, looked at between two moments: rate, CPU per byte, memory.
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesAt, mbps } from '../src/lab/measure/goodput.ts';
import { monotonicMs } from '../src/lab/traffic/sample.ts';
import type { Running } from './bench-case.ts';
import { holdFlows } from './load-programs.ts';
import { cpuTime, residentBytes } from './process-cost.ts';

export interface HeldAmount {
  readonly count: number;
  readonly traffic: 'down' | 'up';
  readonly warmUpMs: number;
  readonly windowMs: number;
}

export interface HeldFigures {
  readonly mbps: number;
  /** CPU-seconds per 10^9 bytes of goodput; undefined where no program carries them. */
  readonly cpu:
    | Readonly<Record<'routerUser' | 'routerSystem' | 'serverUser' | 'serverSystem', number>>
    | undefined;
  readonly routerRssBytes: number;
}

/** @throws Error when not all flows open, or when one breaks */
export async function measureHeld(
  { carrier, client, target }: Running,
  { count, traffic, warmUpMs, windowMs }: HeldAmount,
): Promise<HeldFigures> {
  const held = holdFlows(client, target, { count, traffic });
  try {
    await held.opened;
    await sleep(warmUpMs);
    const look = () => ({
      atMs: monotonicMs(),
      router: cpuTime(carrier.router),
      server: cpuTime(carrier.server),
    });
    const from = look();
    await sleep(windowMs);
    const to = look();
    const routerRssBytes = residentBytes(carrier.router);
    await sleep(SAMPLE_SLACK_MS);
    const last = held.samples.at(-1);
    if (last && last.lost > 0) throw new Error(`${last.lost} of ${count} flows broke: ${last.failure}`);
    const bytes = bytesAt(held.samples, to.atMs) - bytesAt(held.samples, from.atMs);
    if (bytes === 0) throw new Error(`no byte came in ${windowMs} ms`);
    const per = (a: number, b: number): number => ((b - a) / bytes) * 1e9;
    return {
      mbps: mbps(bytes, to.atMs - from.atMs),
      cpu:
        carrier.router.length === 0
          ? undefined
          : {
              routerUser: per(from.router.user, to.router.user),
              routerSystem: per(from.router.system, to.router.system),
              serverUser: per(from.server.user, to.server.user),
              serverSystem: per(from.server.system, to.server.system),
            },
      routerRssBytes,
    };
  } finally {
    await held.stop();
  }
}

// The sample after the window's end has been printed by then, also on a busy machine.
const SAMPLE_SLACK_MS = 400;
