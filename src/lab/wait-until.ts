// Awaits a condition instead of a time.
import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 50;

/** Resolves with the first value of `look` that is not undefined or false; fails with `what` after `timeoutMs`. */
export async function waitUntil<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 20_000,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > endMs) throw new Error(`within ${timeoutMs} ms not: ${what}`);
    await delay(INTERVAL_MS);
  }
}
