// A kernel config from a file: a .config, a packed one, or one of OpenWrt's, which counts on top of others.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { WanbondError } from '../../base/error.ts';
import { reason } from '../../config/key-file.ts';
import { type KernelConfig, parseConfig } from '../config-file.ts';
import { versionIn } from '../kernel-version.ts';
import type { KernelFacts } from './judge.ts';
import { parseSelection, readOffer } from './openwrt-offer.ts';

export interface ReadConfig {
  /** The files that count, the strongest first. */
  readonly files: readonly string[];
  readonly facts: KernelFacts;
}

const TARGET_CONFIG = /^target\/linux\/([^/]+)\/(?:([^/]+)\/)?config-([\w.]+)$/;

/** @throws WanbondError `no-config`, `not-a-config`, `no-kernel-version` */
export function readConfigFile(file: string): ReadConfig {
  const text = readText(file);
  const place = resolve(file);
  const root = openwrtRoot(place);
  if (root !== undefined && place === join(root, '.config')) return ofSelection(root, text, file);
  const found = root === undefined ? null : TARGET_CONFIG.exec(relative(root, place));
  if (root !== undefined && found) {
    const [, target = '', subtarget, version = ''] = found;
    return layered(root, target, subtarget, version);
  }
  const heading = /^# Linux\/\S+ (\S+) Kernel Configuration/m.exec(text)?.[1];
  const versionText = heading ?? versionIn(basename(file))?.full ?? '';
  return { files: [file], facts: factsOf(parseConfig(text), versionText) };
}

function factsOf(config: KernelConfig, versionText: string): KernelFacts {
  return {
    version: versionIn(versionText),
    versionText,
    config,
    trials: {},
    modules: undefined,
    openwrt: undefined,
    isRunning: false,
  };
}

/** What a target's kernel is configured from, as the build puts it together: the later one wins. */
function layered(root: string, target: string, subtarget: string | undefined, version: string): ReadConfig {
  const folders = ['generic', target, ...(subtarget === undefined ? [] : [`${target}/${subtarget}`])];
  const files = [...new Set(folders)]
    .map((folder) => join(root, 'target/linux', folder))
    .flatMap((folder) => [`${folder}/config-${version}`, `${folder}/config-default`].find(existsSync) ?? []);
  const config = new Map(files.flatMap((one) => [...parseConfig(readText(one))]));
  const facts = { ...factsOf(config, version), openwrt: readOffer(root, target) };
  return { files: files.toReversed(), facts };
}

/** The .config of the tree names the target, and selects packages and options; the target's Makefile names the kernel. */
function ofSelection(root: string, text: string, file: string): ReadConfig {
  const selection = parseSelection(text);
  const word = (name: string): string => (selection.get(name) ?? '').replaceAll('"', '');
  const target = word('TARGET_BOARD');
  const makefile = join(root, 'target/linux', target, 'Makefile');
  const isTesting = selection.get('TESTING_KERNEL') === 'y';
  const named = existsSync(makefile) ? readFileSync(makefile, 'utf8') : '';
  const ask = (name: string): string | undefined =>
    new RegExp(`^${name}\\s*:?=\\s*(\\S+)`, 'm').exec(named)?.[1];
  const version = (isTesting ? ask('KERNEL_TESTING_PATCHVER') : undefined) ?? ask('KERNEL_PATCHVER');
  if (target === '' || version === undefined) {
    throw new WanbondError({
      code: 'no-kernel-version',
      message: `${file} selects no target of this OpenWrt tree whose Makefile names a kernel`,
      hint: 'Run `make menuconfig` there first, or give the config of a target: target/linux/x86/config-6.6.',
    });
  }
  const subtarget = word('TARGET_SUBTARGET');
  const { files, facts } = layered(
    root,
    target,
    subtarget === 'generic' || subtarget === '' ? undefined : subtarget,
    version,
  );
  return { files: [file, ...files], facts };
}

/** The top of the OpenWrt tree that the file is part of. */
function openwrtRoot(place: string): string | undefined {
  for (let folder = dirname(place); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'target/linux/generic'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function readText(file: string): string {
  let text: string;
  try {
    if (statSync(file).isDirectory()) throw new Error('it is a folder');
    const bytes = readFileSync(file);
    // The mark of gzip: /proc/config.gz
    text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('latin1');
  } catch (cause) {
    throw new WanbondError({
      code: 'no-config',
      message: `cannot read ${file}: ${reason(cause)}`,
      hint: 'Give a .config, /boot/config-*, or target/linux/*/config-* of an OpenWrt tree.',
      cause,
    });
  }
  if (/^(?:# )?CONFIG_\w/m.test(text)) return text;
  throw new WanbondError({
    code: 'not-a-config',
    message: `${file} is no kernel config: it has no line with CONFIG_`,
    hint: 'Give a .config, /boot/config-* or target/linux/*/config-*; `wanbond check -c` is for configs of wanbond.',
  });
}
