// The use of each WAN on disk: written as a whole or not at all, and set aside when it cannot be read.
import { readFileSync, renameSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { NAMES_FILES } from '../servers/names-file.ts';
import { UNKNOWN_DAY, type WanUsage } from './usage.ts';

/** By WAN name. */
export type UsageByWan = ReadonlyMap<string, WanUsage>;

export interface UsageRead {
  readonly usage: UsageByWan;
  /** What was wrong with the file, and where it is now; undefined when nothing was. */
  readonly damage: string | undefined;
}

const FORMAT = 1;
const NAME = 'usage.json';
/** All that may lie in the data folder, for whoever removes it: the use of the WANs, and the addresses of the servers. */
export const DATA_FILES = [NAME, `${NAME}.new`, `${NAME}.bad`, ...NAMES_FILES] as const;

const count = z.number().int().nonnegative();
const day = z.string().regex(new RegExp(`^(\\d{4}-\\d\\d-\\d\\d|${UNKNOWN_DAY})$`));
const schema = z.object({
  format: z.literal(FORMAT),
  wans: z.record(
    z.string(),
    z.object({
      lastDay: day.optional(),
      days: z.record(day, z.object({ rxBytes: count, txBytes: count })),
    }),
  ),
});

/** Never throws: who cannot read what was counted counts anew. */
export function readUsage(dataDir: string): UsageRead {
  const file = join(dataDir, NAME);
  try {
    const { wans } = schema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const entries = Object.entries(wans).map(([wan, { lastDay, days }]) => [wan, { lastDay, days }] as const);
    return { usage: new Map(entries), damage: undefined };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { usage: new Map(), damage: undefined };
    return { usage: new Map(), damage: `${file} cannot be read (${reasonOf(error)})${setAside(file)}` };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error).split('\n').join(' ');
  return (error as Error).message;
}

function setAside(file: string): string {
  try {
    renameSync(file, `${file}.bad`);
    return ` and is now ${file}.bad`;
  } catch {
    return '';
  }
}

/** @throws what the file system says. */
export async function writeUsage(dataDir: string, usage: UsageByWan): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, NAME);
  const fresh = `${file}.new`;
  const text = JSON.stringify({ format: FORMAT, wans: Object.fromEntries(usage) });
  const handle = await open(fresh, 'w', 0o600);
  try {
    await handle.writeFile(`${text}\n`);
    // Without it a power cut could leave the new name with no contents.
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
}
