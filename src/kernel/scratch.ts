// Folders that are gone when the work is done, also when it is interrupted.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// What a shell adds to the number of a signal.
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** @returns the path of a new folder of ours, absolute, that stays */
export function temporaryFolder(what: string): string {
  return mkdtempSync(join(tmpdir(), `wanbond-kernel-${what}-`));
}

/** Gives `work` a new folder and removes it afterwards. */
export async function withScratch<T>(what: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = temporaryFolder(what);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => {
    const end = (): void => {
      remove();
      process.exit(code);
    };
    process.on(signal, end);
    return { signal, end };
  });
  try {
    return await work(folder);
  } finally {
    for (const { signal, end } of handlers) process.off(signal, end);
    remove();
  }
}
