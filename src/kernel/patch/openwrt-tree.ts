// Where an OpenWrt tree keeps the patches, extra files and configs of one kernel series, in both of its layouts.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { WanbondError } from '../../base/error.ts';
import { compareSeries } from '../kernel-version.ts';

/** All paths are relative to the tree's root. */
export interface OpenwrtTree {
  readonly root: string;
  /** Folders whose patches every target gets, in the order of the build. One until 17.01; later backport, pending, hack. */
  readonly generic: readonly string[];
  /** Folders that are copied over the kernel before any patch. */
  readonly genericFiles: readonly string[];
  readonly genericConfig: string | undefined;
  readonly targets: readonly OpenwrtTarget[];
  /** The kernel that it builds, as 4.4.74; undefined when the tree does not say. */
  readonly builds: string | undefined;
}

export interface OpenwrtTarget {
  /** As "x86". */
  readonly name: string;
  readonly patches: string;
  readonly files: readonly string[];
  readonly configs: readonly string[];
}

const TARGETS = 'target/linux';
const GENERIC = `${TARGETS}/generic`;
// What patches are for: accepted by mainline, sent there, never to be sent. The build applies them in this order.
export const KINDS = ['backport', 'pending', 'hack'] as const;

/** @param series as "6.6" @throws WanbondError `no-openwrt`, `no-such-kernel` */
export function readOpenwrtTree(root: string, series: string): OpenwrtTree {
  if (!isFolder(join(root, GENERIC))) {
    throw new WanbondError({
      code: 'no-openwrt',
      message: `${root} is no OpenWrt tree: it has no ${GENERIC}`,
      hint: 'Give --openwrt the top folder of a clone of OpenWrt or LEDE.',
    });
  }
  const kindFolder = (kind: string): string =>
    [`${GENERIC}/${kind}-${series}`, `${GENERIC}/${kind}`].find((one) => isFolder(join(root, one))) ??
    `${GENERIC}/${kind}-${series}`;
  const isNew = KINDS.some((kind) => isFolder(join(root, `${GENERIC}/${kind}-${series}`)));
  const single = `${GENERIC}/patches-${series}`;
  if (!isNew && !isFolder(join(root, single))) throw noSuchKernel(root, series);
  const filesOf = (folder: string): string[] =>
    [`${folder}/files`, `${folder}/files-${series}`].filter((one) => isFolder(join(root, one)));
  const targets = readdirSync(join(root, TARGETS))
    .toSorted()
    .flatMap((name): OpenwrtTarget[] => {
      const folder = `${TARGETS}/${name}`;
      if (folder === GENERIC || !isFolder(join(root, folder))) return [];
      const configs = configsOf(root, folder, series);
      // A folder without a version belongs to the kernel that the target uses, which its configs tell.
      const isPlain =
        configs.length > 0 &&
        !isFolder(join(root, `${folder}/patches-${series}`)) &&
        isFolder(join(root, `${folder}/patches`));
      const patches = isPlain ? `${folder}/patches` : `${folder}/patches-${series}`;
      const isOfSeries = configs.length > 0 || isFolder(join(root, patches));
      return isOfSeries ? [{ name, patches, files: filesOf(folder), configs }] : [];
    });
  return {
    root,
    generic: isNew ? KINDS.map(kindFolder) : [single],
    genericFiles: filesOf(GENERIC),
    genericConfig: [`${GENERIC}/config-${series}`, `${GENERIC}/config-default`].find((one) =>
      existsSync(join(root, one)),
    ),
    targets,
    builds: builtVersion(root, series),
  };
}

/** Of the target and its subtargets. */
function configsOf(root: string, folder: string, series: string): string[] {
  const subtargets = readdirSync(join(root, folder))
    .toSorted()
    .map((name) => `${folder}/${name}`);
  return [folder, ...subtargets.filter((one) => isFolder(join(root, one)))]
    .map((one) => `${one}/config-${series}`)
    .filter((one) => existsSync(join(root, one)));
}

/** `LINUX_VERSION-6.6 = .73`, in whichever file the release has it. */
function builtVersion(root: string, series: string): string | undefined {
  for (const file of [
    `${GENERIC}/kernel-${series}`,
    `include/kernel-${series}`,
    'include/kernel-version.mk',
  ]) {
    if (!existsSync(join(root, file))) continue;
    const found = new RegExp(`^LINUX_VERSION-${series.replace('.', '\\.')}[ \\t]*=[ \\t]*(\\S*)`, 'm').exec(
      readFileSync(join(root, file), 'utf8'),
    );
    if (found) return `${series}${found[1] ?? ''}`;
  }
  return undefined;
}

function noSuchKernel(root: string, series: string): WanbondError {
  const found = readdirSync(join(root, GENERIC)).flatMap(
    (name) => /^(?:patches|backport|pending|hack|config)-(\d+\.\d+)$/.exec(name)?.[1] ?? [],
  );
  const known = [...new Set(found)].toSorted(compareSeries).join(', ');
  return new WanbondError({
    code: 'no-such-kernel',
    message: `${root} has no patches for Linux ${series}, but for ${known || 'no other version either'}`,
    hint: 'Give --base a release that this tree builds, or --openwrt the tree of another OpenWrt release.',
  });
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
