// The addresses that the servers' names stood for, on disk for the next start.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, formatAddress, parseAddress } from '../../base/address.ts';
import type { NameAnswers } from './known-servers.ts';

const NAME = 'names.json';
export const NAMES_FILES = [NAME, `${NAME}.new`] as const;

/** One text for the same answers in whatever order: resolvers turn the order of addresses about, which is no change. */
export function namesText(answers: NameAnswers): string {
  return JSON.stringify(Object.fromEntries([...answers].map(([name, list]) => [name, sorted(list)])));
}

function sorted(addresses: readonly Address[]): string[] {
  return addresses.map(formatAddress).toSorted((a, b) => a.localeCompare(b));
}

/** What is kept of `names`. Never throws: a file that is damaged or not there is only a guess less. */
export function readNames(dataDir: string, names: readonly string[]): NameAnswers {
  try {
    const kept = JSON.parse(readFileSync(join(dataDir, NAME), 'utf8')) as Record<string, string[]>;
    const known = Object.entries(kept).filter(([name]) => names.includes(name));
    return new Map(known.map(([name, texts]) => [name, texts.map(parseAddress)]));
  } catch {
    return new Map();
  }
}

/** @throws what the file system says. */
export function writeNames(dataDir: string, answers: NameAnswers): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const file = join(dataDir, NAME);
  writeFileSync(`${file}.new`, `${namesText(answers)}\n`, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}
