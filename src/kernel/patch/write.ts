// Puts into an OpenWrt tree what a run has made: patches, their place in a series file, refreshed ones, the config.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ConfigPlan } from './config-plan.ts';
import { readSeriesFile, seriesFileWith } from './series.ts';
import type { NewPatches, VerifiedPatch } from './verify.ts';

/** Files by their paths in the tree: their new contents, or undefined for those that go. */
export type FilePlan = ReadonlyMap<string, Buffer | undefined>;

/** Without what is there already in the same way. */
export function planFiles(
  root: string,
  { folder, patches, removed }: NewPatches,
  verified: readonly VerifiedPatch[],
  config: ConfigPlan | undefined,
): FilePlan {
  const plan = new Map<string, Buffer | undefined>();
  for (const name of removed) plan.set(`${folder}/${name}`, undefined);
  for (const { name, text } of patches) plan.set(`${folder}/${name}`, text);
  for (const { file, refreshed } of verified) {
    if (refreshed) plan.set(file, file.endsWith('.gz') ? gzipSync(refreshed) : refreshed);
  }
  const series = readSeriesFile(join(root, folder));
  if (series !== undefined) {
    const names = patches.map(({ name }) => name);
    plan.set(`${folder}/series`, Buffer.from(seriesFileWith(series, names, removed)));
  }
  if (config && config.changes.length > 0) plan.set(config.file, Buffer.from(config.text));
  return new Map(
    [...plan].filter(([file, content]) => {
      const place = join(root, file);
      if (!existsSync(place)) return content !== undefined;
      return content === undefined || !readFileSync(place).equals(content);
    }),
  );
}

export function writeFiles(root: string, plan: FilePlan): void {
  for (const [file, content] of plan) {
    const place = join(root, file);
    if (content === undefined) rmSync(place, { force: true });
    else {
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, content);
    }
  }
}
