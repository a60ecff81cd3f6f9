// Waiting for a moment on the clock that all programs of the lab share.
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './traffic/sample.ts';

/** @param atMs on CLOCK_MONOTONIC; one that is over is not waited for */
export async function sleepUntil(atMs: number): Promise<void> {
  await sleep(Math.max(0, atMs - monotonicMs()));
}
