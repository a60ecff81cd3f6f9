// `wanbond kernel patch`: its command line.
import { Command, InvalidArgumentError, Option } from 'commander';
import { WanbondError } from '../../base/error.ts';
import { abortPatch, continuePatch, makePatch } from '../../kernel/patch/make-patch.ts';
import type { SymbolValue } from '../../kernel/patch/kconfig.ts';
import type { PatchRequest, PatchResult, Reconsidered } from '../../kernel/patch/request.ts';
import { terminalProgress } from '../lab/lab-progress.ts';
import { renderPatchResult, toDocument } from './patch-report.ts';

interface Flags {
  readonly tree?: string;
  readonly branch?: string;
  readonly base?: string;
  readonly upstream?: string;
  readonly openwrt?: string;
  readonly subdir: string[];
  readonly paths: string[];
  readonly into?: string;
  readonly number?: number;
  readonly name?: string;
  readonly replace?: boolean;
  readonly split?: boolean;
  readonly refresh?: boolean;
  readonly symbol: SymbolValue[];
  readonly signoff?: boolean;
  readonly worktree?: string;
  readonly continue?: boolean;
  readonly abort?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

// What cannot be asked for otherwise when conflicts are solved.
const OF_THE_MERGE = ['branch', 'base', 'upstream', 'split', 'worktree'];

export function kernelPatchCommand(): Command {
  return new Command('patch')
    .description('merge a branch with a release of Linux and put the difference into an OpenWrt tree')
    .option('--tree <dir>', 'a clone of the kernel that has both; with --continue and --abort, this folder')
    .option('--branch <name>', 'what is to be added, as mptcp_v0.92 or, with --paths, v6.12')
    .option('--base <tag>', 'the release that the OpenWrt tree builds, as v4.4.74')
    .option('--upstream <remote>', 'fetch the branch from this remote or URL first')
    .option('--openwrt <dir>', 'the OpenWrt tree')
    .option('--subdir <target...>', 'verify the patches of these targets only, as target/linux/x86', [])
    .option('--paths <path...>', 'a back-port of these files and folders alone, as net/mptcp', [])
    .option('--into <folder>', 'backport, pending, hack, or a folder of the OpenWrt tree; guessed without')
    .option('--number <n>', 'the number of the patch (default: 690, or the next that is free)', parseNumber)
    .option('--name <words>', 'the words after the number (default: from the branch, or the first path)')
    .option('--replace', 'put it in the place of an earlier version of the same patch')
    .option('--split', 'one patch for each commit instead of one for all')
    .option('--refresh', 'make it and later patches anew where they apply with offsets or fuzz')
    .option(
      '--symbol <name=value...>',
      'kernel config symbols to set otherwise than guessed',
      parseSymbol,
      [],
    )
    .option('--signoff', 'add your Signed-off-by')
    .option('--worktree <dir>', 'where conflicts are laid out to be solved (default: a temporary folder)')
    .addOption(
      new Option('--continue', 'go on after the conflicts are solved').conflicts([...OF_THE_MERGE, 'abort']),
    )
    .addOption(new Option('--abort', 'throw away what waits for --continue').conflicts([...OF_THE_MERGE]))
    .option('--force', 'write it although a later patch fails then')
    .option('--dry-run', 'show all of it and change nothing')
    .option('--json', 'print one JSON document')
    .action(async (flags: Flags) => {
      process.exitCode = await runPatch(flags);
    });
}

async function runPatch(flags: Flags): Promise<number> {
  const isDryRun = flags.dryRun ?? false;
  if (flags.abort) {
    const worktree = await abortPatch(flags.tree ?? '.');
    process.stdout.write(`removed  ${worktree}\n`);
    return 0;
  }
  const progress = terminalProgress(process.stderr);
  const result = flags.continue
    ? await continuePatch(flags.tree ?? '.', reconsidered(flags), isDryRun, progress)
    : await makePatch(requestOf(flags), isDryRun, progress);
  process.stdout.write(
    flags.json ? `${JSON.stringify(toDocument(result), undefined, 2)}\n` : renderPatchResult(result),
  );
  return isDone(result) ? 0 : 1;
}

function isDone(result: PatchResult): boolean {
  return result.kind === 'made' && result.outcome !== 'broken';
}

function requestOf(flags: Flags): PatchRequest {
  const need = (name: 'tree' | 'branch' | 'base' | 'openwrt'): string => {
    const value = flags[name];
    if (value !== undefined) return value;
    throw new WanbondError({
      code: 'missing-option',
      message: `--${name} is missing`,
      hint: 'Give --tree, --branch, --base and --openwrt; only --continue and --abort do without.',
    });
  };
  return {
    tree: need('tree'),
    branch: need('branch'),
    base: need('base'),
    openwrt: need('openwrt'),
    upstream: flags.upstream,
    targets: flags.subdir,
    paths: flags.paths.map((path) => path.replace(/^(?:\.\/)+|\/+$/g, '')),
    into: flags.into,
    number: flags.number,
    name: flags.name,
    worktree: flags.worktree,
    symbols: flags.symbol,
    isReplacing: flags.replace ?? false,
    isSplit: flags.split ?? false,
    isRefreshing: flags.refresh ?? false,
    isForced: flags.force ?? false,
    isSignedOff: flags.signoff ?? false,
  };
}

/** What was given, and nothing else: the rest stays as it was asked for at first. */
function reconsidered(flags: Flags): Reconsidered {
  return {
    ...(flags.openwrt !== undefined && { openwrt: flags.openwrt }),
    ...(flags.subdir.length > 0 && { targets: flags.subdir }),
    ...(flags.into !== undefined && { into: flags.into }),
    ...(flags.number !== undefined && { number: flags.number }),
    ...(flags.name !== undefined && { name: flags.name }),
    ...(flags.symbol.length > 0 && { symbols: flags.symbol }),
    ...(flags.replace && { isReplacing: true }),
    ...(flags.refresh && { isRefreshing: true }),
    ...(flags.force && { isForced: true }),
    ...(flags.signoff && { isSignedOff: true }),
  };
}

function parseNumber(text: string): number {
  const number = Number(text);
  if (/^\d{1,3}$/.test(text) && number >= 1) return number;
  throw new InvalidArgumentError('Use a number from 1 to 999; 6xx is the network.');
}

function parseSymbol(text: string, before: readonly SymbolValue[]): SymbolValue[] {
  const [, name, value] = /^(?:CONFIG_)?([A-Z0-9_]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('Use NAME=y, NAME=m, NAME=n, or NAME=text.');
  }
  return [...before, { name, value: value.replace(/^"(.*)"$/s, '$1') }];
}
