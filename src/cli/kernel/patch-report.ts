// The result of `wanbond kernel patch` for people, and as the JSON document.
import { configLine } from '../../kernel/config-file.ts';
import { breaks } from '../../kernel/patch/broken.ts';
import type { Conflict, Side } from '../../kernel/patch/merge.ts';
import type { Made, PatchResult, Stopped } from '../../kernel/patch/request.ts';
import type { VerifiedPatch } from '../../kernel/patch/verify.ts';
import { onStdout as pc } from '../colors.ts';

export function renderPatchResult(result: PatchResult): string {
  return `${(result.kind === 'conflicts' ? conflictLines(result) : madeLines(result)).join('\n')}\n`;
}

function conflictLines({ step, conflicts, worktree }: Stopped): string[] {
  const files = conflicts.length === 1 ? 'one file' : `${conflicts.length} files`;
  return [
    `${pc.red('Conflicts')} in ${files}, ${step}:`,
    ...conflicts.flatMap(conflictLinesOf),
    '',
    ...(worktree === undefined
      ? ['Nothing was changed. Without --dry-run the files are laid out for you to solve.']
      : [
          `They are laid out in ${pc.bold(worktree)}, with conflict markers.`,
          'Edit them until no marker is left (`git mergetool` works there too), and then, with the same --tree:',
          '  wanbond kernel patch --tree DIR --continue',
          'or --abort to throw it away.',
        ]),
  ];
}

function conflictLinesOf({ path, message, lines, sides }: Conflict): string[] {
  const where = lines.length === 0 ? message.replace(/^CONFLICT /, '') : `line ${lines.join(', ')}`;
  return [`  ${pc.bold(path)}  ${where}`, ...sides.flatMap(sideLines)];
}

function sideLines({ name, commits, count }: Side): string[] {
  if (count === 0) return [`    ${name}: no change of this file`];
  return [
    `    ${name}: ${count === 1 ? 'one commit' : `${count} commits`} since they parted`,
    ...commits.map(({ short, date, author, subject }) =>
      pc.dim(`      ${short} ${date} ${author}: ${subject}`),
    ),
    ...(count > commits.length ? [pc.dim(`      and ${count - commits.length} before`)] : []),
  ];
}

function madeLines(made: Made): string[] {
  const { folder, patches, removed, verified, targets, config, notes, outcome, worktree } = made;
  const write =
    outcome === 'would-be-written' ? 'would write' : outcome === 'broken' ? 'not written' : outcome;
  const width = Math.max(...['removed', write].map((word) => word.length)) + 2;
  const say = (word: string, what: string): string => `${word.padEnd(width)}${what}`;
  const refreshed = verified.filter((one) => one.refreshed !== undefined);
  return [
    ...patches.map(({ name, bytes }) => say(write, `${folder}/${name}  ${kilobytes(bytes)}`)),
    ...removed.map((name) => say(outcome === 'written' ? 'removed' : 'would remove', `${folder}/${name}`)),
    ...refreshed.map(({ file }) => say(outcome === 'written' ? 'refreshed' : 'would refresh', file)),
    ...(config?.changes ?? []).map(({ name, before, after }) =>
      say(
        outcome === 'written' ? 'set' : 'would set',
        `${config?.file}: ${configLine(name, after.replaceAll('"', ''))}${before === undefined ? '' : `  (was ${before})`}`,
      ),
    ),
    '',
    `${made.changedFiles} files changed; the patch alone makes the merged files, byte for byte.`,
    ...seriesLines(verified, targets),
    ...notes.map((note) => `${pc.yellow('note')}  ${note}`),
    '',
    verdict(made),
    ...(worktree === undefined ? [] : [`The solved conflicts are kept in ${worktree}, for --continue.`]),
  ];
}

function seriesLines(verified: readonly VerifiedPatch[], targets: readonly string[]): string[] {
  const of =
    targets.length === 0 ? 'no target has patches for the same files' : `targets: ${targets.join(', ')}`;
  const told = verified.filter(
    (one) => one.fit === 'failed' || (one.place !== 'before' && one.fit !== 'clean'),
  );
  return [
    `${verified.length === 1 ? 'One patch' : `${verified.length} patches`}, in the order of the build (${of}):`,
    ...told.flatMap((one) => [
      `  ${mark(one)}  ${one.file}${aside(one)}`,
      ...one.remarks.slice(0, one.fit === 'failed' ? 8 : 0).map((remark) => pc.dim(`        ${remark}`)),
    ]),
    ...(told.length === 0 ? ['  all of them fit exactly'] : []),
  ];
}

function mark({ fit }: VerifiedPatch): string {
  const word = fit.padEnd(6);
  return fit === 'failed' ? pc.red(pc.bold(word)) : pc.yellow(word);
}

function aside(one: VerifiedPatch): string {
  if (one.fit === 'failed' && one.isBrokenAnyway) return ', without this patch too';
  if (one.fit === 'failed' && one.place === 'before') return ', before this patch';
  if (one.refreshed !== undefined) return ', refreshed';
  return '';
}

function verdict({ outcome, verified, folder, patches }: Made): string {
  if (outcome === 'unchanged') return pc.green('The tree has all of it already.');
  if (outcome === 'would-be-written') return 'Nothing was changed (--dry-run).';
  if (outcome === 'written') {
    return verified.some(breaks)
      ? pc.yellow('Written, although the build stops at a patch that fails (--force).')
      : pc.green(`Written. Build it: make target/linux/{clean,prepare} V=s`);
  }
  const first = verified.find(breaks);
  const name = patches[0]?.name.slice(0, 3) ?? '';
  const advice =
    first?.place === 'ours'
      ? `Patches before it change the same lines: give --number below theirs, or put them on the branch first.`
      : `Make that patch anew on top of this one (--force writes it all the same), or give a --number that comes after ${name}.`;
  return `${pc.red('Nothing was written:')} the build would stop at ${first?.file ?? folder}.\n${advice}`;
}

const kilobytes = (bytes: number): string =>
  bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;

/** Texts of refreshed patches stay out. */
export function toDocument(result: PatchResult): unknown {
  if (result.kind === 'conflicts') {
    return {
      schema: 1,
      outcome: 'conflicts',
      step: result.step,
      conflicts: result.conflicts,
      worktree: result.worktree ?? null,
    };
  }
  const { kind: _, verified, config, worktree, ...rest } = result;
  return {
    schema: 1,
    ...rest,
    verified: verified.map(({ refreshed, target, ...one }) => ({
      ...one,
      target: target ?? null,
      isRefreshed: refreshed !== undefined,
    })),
    config: config ?? null,
    worktree: worktree ?? null,
  };
}
