// Small histories of a kernel with an out-of-tree branch, and OpenWrt trees around it, for tests.
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { WanbondError } from '../../base/error.ts';
import type { PatchRequest, Progress } from './request.ts';

export const silent: Progress = { step: (_, work) => work(() => undefined) };

/** A folder that `remove` takes away with all that is in it. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'wanbond-test-kernel-'));

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  at(...names: string[]): string {
    return join(this.folder, ...names);
  }

  write(path: string, text: string | Buffer): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text);
  }

  read(path: string): string {
    return readFileSync(this.at(path), 'utf8');
  }

  git(...args: (string | { readonly input: string })[]): string {
    const options = args.find((one) => typeof one !== 'string');
    const words = args.filter((one) => typeof one === 'string');
    return execFileSync('git', ['-C', this.at('linux'), ...words], {
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
      ...options,
    }).trim();
  }

  /** Puts files into the kernel and commits them. @returns the commit */
  commit(subject: string, files: Readonly<Record<string, string | undefined>>, tag?: string): string {
    for (const [path, text] of Object.entries(files)) {
      if (text === undefined) rmSync(this.at('linux', path));
      else this.write(`linux/${path}`, text);
    }
    this.git('add', '-A', '-f');
    this.git('commit', '-q', '-m', subject);
    if (tag !== undefined) this.git('tag', tag);
    return this.git('rev-parse', 'HEAD');
  }

  /** Makes the kernel's repository with all of `commits` in two processes, and checks the first branch out. */
  startKernel(commits: readonly Commit[]): void {
    mkdirSync(this.at('linux'));
    const first = commits[0]?.branch ?? 'master';
    this.git('init', '-q', '-b', first);
    const user = '[user]\n\tname = A Maintainer\n\temail = maintainer@example.org\n';
    appendFileSync(this.at('linux/.git/config'), user);
    this.git({ input: commits.map(asStream).join('') }, 'fast-import', '--quiet');
    this.git('checkout', '-q', '-f', first);
  }
}

export interface Commit {
  readonly branch: string;
  readonly subject: string;
  /** By their paths; others stay as they are. */
  readonly files: Readonly<Record<string, string>>;
  readonly tag?: string;
  /** The tag at which a new branch begins. */
  readonly from?: string;
}

/** As `git fast-import` reads it. */
function asStream({ branch, subject, files, tag, from }: Commit, i: number): string {
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const changes = Object.entries(files).map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`);
  return [
    from === undefined ? '' : `reset refs/heads/${branch}\nfrom refs/tags/${from}\n\n`,
    `commit refs/heads/${branch}\nmark :${i + 1}\n`,
    `committer A Maintainer <maintainer@example.org> ${1_500_000_000 + i} +0000\n${data(subject)}`,
    ...changes,
    tag === undefined ? '' : `reset refs/tags/${tag}\nfrom :${i + 1}\n\n`,
  ].join('');
}

/** The top Makefile of a release. */
export function makefile(version: string): string {
  const [major, minor, stable = '0'] = version.split('.');
  return `VERSION = ${major}\nPATCHLEVEL = ${minor}\nSUBLEVEL = ${stable}\nEXTRAVERSION =\n`;
}

/** `count` different lines, of which some are changed by their number. */
export function source(name: string, changed: Readonly<Record<number, string>> = {}, count = 60): string {
  const lines = Array.from({ length: count }, (_, i) => changed[i + 1] ?? `${name} line ${i + 1};`);
  return `${lines.join('\n')}\n`;
}

/** A patch as quilt makes it, with a header, of one file. Both texts have the same number of lines. */
export function quiltPatch(subject: string, path: string, before: string, after: string): string {
  const [old, new_] = [before, after].map((text) => text.replace(/\n$/, '').split('\n'));
  const at = old?.findIndex((line, i) => line !== new_?.[i]) ?? -1;
  const length = (new_?.length ?? 0) - (old?.length ?? 0);
  const first = Math.max(0, at - 3);
  const context = (from: number, to: number): string[] =>
    (old ?? []).slice(from, to).map((line) => ` ${line}`);
  const removed = length > 0 ? [] : [`-${old?.[at]}`];
  const added = (new_ ?? []).slice(at, at + 1 + Math.max(0, length - 1)).map((line) => `+${line}`);
  const end = at + removed.length + 3;
  const body = [...context(first, at), ...removed, ...added, ...context(at + removed.length, end)];
  const count = (sign: string): number =>
    body.filter((line) => line.startsWith(' ') || line.startsWith(sign)).length;
  return `From: An Author <author@example.org>
Subject: ${subject}

Words that stay.
---
--- a/${path}
+++ b/${path}
@@ -${first + 1},${count('-')} +${first + 1},${count('+')} @@
${body.join('\n')}
`;
}

const KCONFIG = `# Networking
config INET
	bool "TCP/IP networking"
`;

const MPTCP_KCONFIG = `config MPTCP
	bool "MPTCP protocol"
	depends on (IPV6=y || IPV6=n)
	---help---
	  config LOOKS_LIKE_A_SYMBOL
	  is help.

menuconfig MPTCP_PM_ADVANCED
	bool "MPTCP: advanced path-manager control"
	depends on MPTCP=y

if MPTCP_PM_ADVANCED

config MPTCP_FULLMESH
	tristate "MPTCP Full-Mesh Path-Manager"
	depends on MPTCP=y

choice
	prompt "Default MPTCP Path-Manager"
	default DEFAULT_DUMMY

	config DEFAULT_FULLMESH
		bool "Full mesh" if MPTCP_FULLMESH=y

	config DEFAULT_DUMMY
		bool "Default"

endchoice

endif

config DEFAULT_MPTCP_PM
	string
	default "default" if DEFAULT_DUMMY
	default "fullmesh" if DEFAULT_FULLMESH
	default "default"
`;

export const TCP = 'net/ipv4/tcp.c';
export const INPUT = 'net/ipv4/tcp_input.c';

/**
 * Linux 4.4 to 4.4.74 on master, and mptcp_v0.92, which began at 4.4.70. Both change tcp_input.c.
 * @param inputLine which line of it the last stable release changes; the branch changes 40
 */
export function mptcpHistory(place: Workplace, inputLine: number): void {
  const stable70 = { 5: 'tcp stable 70;' };
  place.startKernel([
    {
      branch: 'master',
      subject: 'Linux 4.4',
      tag: 'v4.4',
      files: {
        Makefile: makefile('4.4'),
        'net/Kconfig': KCONFIG,
        'net/Makefile': source('make', {}, 10),
        [TCP]: source('tcp'),
        [INPUT]: source('input'),
        'drivers/net/ethernet/other.c': source('other'),
        'Documentation/process/index.rst': 'plain\n',
        // As Debian's kernel has it: all of it is tracked, and ignored.
        '.gitignore': '.*\n/*\n!/debian/\n',
      },
    },
    {
      branch: 'master',
      subject: 'Linux 4.4.70',
      tag: 'v4.4.70',
      files: { Makefile: makefile('4.4.70'), [TCP]: source('tcp', stable70) },
    },
    {
      branch: 'mptcp_v0.92',
      from: 'v4.4.70',
      subject: 'mptcp: Kconfig and the protocol',
      files: {
        'net/Kconfig': `${KCONFIG}source "net/mptcp/Kconfig"\n`,
        'net/mptcp/Kconfig': MPTCP_KCONFIG,
        'net/mptcp/mptcp_ctrl.c': source('mptcp'),
      },
    },
    {
      branch: 'mptcp_v0.92',
      subject: 'tcp: hooks for mptcp',
      files: {
        [TCP]: source('tcp', { ...stable70, 30: 'tcp calls mptcp;\nmore of mptcp;' }),
        [INPUT]: source('input', { 40: 'input calls mptcp;' }),
      },
    },
    {
      branch: 'master',
      subject: 'Linux 4.4.74',
      tag: 'v4.4.74',
      files: {
        Makefile: makefile('4.4.74'),
        [INPUT]: source('input', { [inputLine]: 'input stable 74;' }),
        'drivers/net/ethernet/other.c': source('other', { 9: 'other stable 74;' }),
      },
    },
  ]);
}

/** An OpenWrt tree of the layout of LEDE 17.01, with patches around the branch's changes of tcp.c. */
export function lede1701(place: Workplace, patches: Readonly<Record<string, string>> = {}): void {
  const generic = 'openwrt/target/linux/generic';
  place.write('openwrt/include/kernel-version.mk', 'LINUX_VERSION-3.18 = .43\nLINUX_VERSION-4.4 = .74\n');
  place.write(
    `${generic}/config-4.4`,
    'CONFIG_32BIT=y\n# CONFIG_MPLS is not set\n# CONFIG_MPTCP is not set\nCONFIG_NET=y\n',
  );
  place.write('openwrt/target/linux/x86/config-4.4', 'CONFIG_X86=y\n');
  const before = source('tcp', { 5: 'tcp stable 70;' });
  place.write(
    `${generic}/patches-4.4/655-early.patch`,
    quiltPatch('early', TCP, before, source('tcp', { 5: 'tcp stable 70;', 12: 'tcp of 655;' })),
  );
  place.write(
    'openwrt/target/linux/x86/patches-4.4/100-other.patch',
    quiltPatch(
      'other',
      'drivers/net/ethernet/other.c',
      source('other', { 9: 'other stable 74;' }),
      source('other', { 9: 'other stable 74;', 20: 'other x86;' }),
    ),
  );
  for (const [name, text] of Object.entries(patches)) place.write(`openwrt/target/linux/${name}`, text);
}

export function requestFor(place: Workplace, changes: Partial<PatchRequest> = {}): PatchRequest {
  return {
    tree: place.at('linux'),
    branch: 'mptcp_v0.92',
    base: 'v4.4.74',
    openwrt: place.at('openwrt'),
    targets: [],
    paths: [],
    symbols: [],
    isReplacing: false,
    isSplit: false,
    isRefreshing: false,
    isForced: false,
    isSignedOff: false,
    ...changes,
  };
}

/**
 * What `patch -p1` makes of the release, compared with what git merges, file by file.
 * @param patches paths below the workplace @param solve puts the merged tree right after conflicts
 */
export function expectMergedTree(
  place: Workplace,
  patches: readonly string[],
  solve: (folder: string) => void = () => undefined,
): void {
  place.git('worktree', 'add', '-q', '--detach', place.at('merged'), 'mptcp_v0.92');
  spawnSync('git', ['-C', place.at('merged'), 'merge', '-q', '--no-commit', 'v4.4.74']);
  solve(place.at('merged'));
  place.git('worktree', 'add', '-q', '--detach', place.at('patched'), 'v4.4.74');
  for (const patch of patches) {
    const args = ['-p1', '-d', place.at('patched'), '-i', place.at(patch)];
    expect(execFileSync('patch', args, { encoding: 'utf8' })).not.toMatch(/fuzz|offset/);
  }
  const { stdout } = spawnSync('diff', ['-r', '-x', '.git', place.at('merged'), place.at('patched')]);
  expect(stdout.toString()).toBe('');
}

/** The code of the error that `work` ends with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof WanbondError ? error.code : `no WanbondError: ${String(error)}`;
}
