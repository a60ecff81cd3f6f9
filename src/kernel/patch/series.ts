// The patches of a folder in the order in which OpenWrt's build applies them, and a new one put among them.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Names in the order of the build; empty when there is no such folder. */
export function listSeries(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const series = readSeriesFile(folder);
  if (series !== undefined) return namesIn(series);
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && name !== 'series' && statSync(join(folder, name)).isFile())
    .toSorted(byBytes);
}

/** The text of a `series` file that counts; the build overlooks an empty one. */
export function readSeriesFile(folder: string): string | undefined {
  const file = join(folder, 'series');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text === '' ? undefined : text;
}

/** Lines without their comments. */
function namesIn(series: string): string[] {
  return series
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => /[a-zA-Z0-9]/.test(line));
}

/** Puts `added`, in their order, before the first name that sorts after them; `removed` go. */
export function withPatches(
  names: readonly string[],
  added: readonly string[],
  removed: readonly string[] = [],
): string[] {
  const kept = names.filter((name) => !removed.includes(name) && !added.includes(name));
  const first = added[0];
  if (first === undefined) return kept;
  const at = kept.findIndex((name) => byBytes(name, first) > 0);
  return at === -1 ? [...kept, ...added] : [...kept.slice(0, at), ...added, ...kept.slice(at)];
}

/** The same in the text of a `series` file, whose comments stay. */
export function seriesFileWith(text: string, added: readonly string[], removed: readonly string[]): string {
  const lines = text.replace(/\n$/, '').split('\n');
  const nameOf = (line: string): string => line.replace(/#.*/, '').trim();
  const kept = lines.filter((line) => ![...added, ...removed].includes(nameOf(line)));
  const first = added[0] ?? '';
  const at = kept.findIndex((line) => nameOf(line) !== '' && byBytes(nameOf(line), first) > 0);
  const place = at === -1 ? kept.length : at;
  return `${[...kept.slice(0, place), ...added, ...kept.slice(place)].join('\n')}\n`;
}

/** As `ls | sort` in the C locale. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
