// What the router lets its sockets buffer, by its WANs: at the start as configured, later as measured.
import type { RouterConfig } from '../../config/router.ts';
import { type BufferedWan, type BufferLimit, bufferLimit } from '../../wan/buffer-limit.ts';
import type { LinkRates } from '../../wan/tiers/fullness.ts';
import type { PathMeasurement } from '../../wan/probe/probe-path.ts';
import type { WanState } from '../wans/wan-state.ts';

/** Before anything is measured. */
export function firstBufferLimit({ relay, wans }: RouterConfig, memoryBytes: number): BufferLimit {
  const { bufferMaxBytes: bytes } = relay;
  if (bytes !== undefined) return { bytes, reason: 'relay.buffer-max' };
  const carrying = wans.filter(({ tier }) => tier === 'active' || tier === 'overflow');
  const known = carrying.map(({ rateDownBps: downBps, rateUpBps: upBps }) => ({
    downBps,
    upBps,
    rttMs: undefined,
  }));
  return bufferLimit(known, memoryBytes);
}

/** Those that carry in the bulk now. @param ratesBps what a WAN can carry, or carries */
export function bufferedWans(
  { wans }: RouterConfig,
  { bonded, servers }: Pick<WanState, 'bonded' | 'servers'>,
  measurements: readonly PathMeasurement[],
  ratesBps: (wan: string) => LinkRates,
): BufferedWan[] {
  const server = servers.current?.label;
  return bonded
    .filter(({ isBackup }) => !isBackup)
    .map(({ name }): BufferedWan => {
      const path = measurements.find((one) => one.wan === name && one.server === server);
      const rttMs = path?.rttMs;
      const configured = wans.find((one) => one.name === name);
      // What passes over a way of unknown length says nothing of what is under way on it.
      const { down, up } =
        rttMs === undefined ? { down: configured?.rateDownBps, up: configured?.rateUpBps } : ratesBps(name);
      return { downBps: down, upBps: up, rttMs };
    });
}
