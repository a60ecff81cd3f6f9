// Until when requests may have been admitted, kept on disk and written ahead of time: a server that starts again takes
// nothing that it may have taken before, however far ahead the clock of the client was.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// One write in so long, while requests come. So long at most after a restart, a client with a right clock is refused.
const AHEAD_MS = 3000;
const NAME = 'shadowsocks-until';

/** Over all workers and listeners of the server that was here before; milliseconds since 1970, 0 without one. */
export function readAdmittedUntil(directory: string): number {
  const files = admittedFiles(directory).filter((file) => !file.endsWith('.new'));
  const times = files.map((file) => Number(readFileSync(file, 'utf8')));
  return Math.max(0, ...times.filter(Number.isFinite));
}

/** What was ever noted there: not to be removed while the server may start again. */
export function admittedFiles(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.startsWith(NAME))
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

// Clients may be 30 s ahead (SIP022 section 3.1.3).
const PLAUSIBLE_MS = 30_000 + AHEAD_MS;

/** What lies further ahead was noted by a clock that was wrong, and says nothing. */
export function notBefore(noted: number, nowMs: number): number {
  return noted > nowMs + PLAUSIBLE_MS ? 0 : noted;
}

export class AdmittedUntil {
  readonly #file: string;
  #untilMs = 0;

  /** @param worker index of this one: each has a file of its own */
  constructor(directory: string, worker: number) {
    this.#file = join(directory, `${NAME}-${worker}`);
  }

  /** To be called before a request of that time is admitted; false when it could not be noted: then it must not be. */
  cover(timeMs: number): boolean {
    if (timeMs < this.#untilMs) return true;
    const untilMs = timeMs + AHEAD_MS;
    try {
      writeFileSync(`${this.#file}.new`, String(untilMs), { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    } catch {
      return false;
    }
    this.#untilMs = untilMs;
    return true;
  }
}
