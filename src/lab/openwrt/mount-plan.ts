// The router's root file system as a script of mounts: what is given lies below a layer in memory, and is never written to.
import { shellWord } from './shell-word.ts';

/** What programs take from /dev, of this machine's. */
const DEVICES: readonly string[] = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
/** As the kernel shows them to whoever is in the network namespace. */
const KERNEL_FOLDERS: readonly string[] = ['proc', 'sys'];
const DEVICE_LINKS: readonly (readonly [string, string])[] = [
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
];

export interface MountPlan {
  /** Of the root file system, in the mount namespace that the script is run in. */
  readonly root: string;
  /** For `sh -e`, in a mount namespace of its own. */
  readonly script: string;
}

/**
 * @param at an empty folder, which stays empty for everybody else
 * @param layers absolute folders, the topmost first
 */
export function mountPlan(at: string, layers: readonly string[]): MountPlan {
  const root = `${at}/root`;
  // By names of our own: the options of an overlay give a meaning to colons and commas.
  const lowers = layers.map((_, i) => `${at}/lower${i}`);
  const overlay = `lowerdir=${lowers.join(':')},upperdir=${at}/up,workdir=${at}/work`;
  const lines = [
    ['mount', '-t', 'tmpfs', '-o', 'mode=755', 'none', at],
    ['mkdir', `${at}/up`, `${at}/work`, root, ...lowers],
    ...layers.flatMap((layer, i) => bindReadOnly(layer, lowers[i] as string)),
    ['mount', '-t', 'overlay', 'none', '-o', overlay, root],
    ['mkdir', '-p', ...[...KERNEL_FOLDERS, 'dev', 'tmp'].map((name) => `${root}/${name}`)],
    ...KERNEL_FOLDERS.map((name) => ['mount', '--rbind', `/${name}`, `${root}/${name}`]),
    ...deviceLines(`${root}/dev`),
    ['mount', '-t', 'tmpfs', '-o', 'mode=1777', 'none', `${root}/tmp`],
  ];
  const varLink = `[ -e ${shellWord(`${root}/var`)} ] || ln -sfn tmp ${shellWord(`${root}/var`)}`;
  return { root, script: [...lines.map(shellLine), varLink, ''].join('\n') };
}

function bindReadOnly(from: string, to: string): string[][] {
  return [
    ['mount', '--bind', from, to],
    ['mount', '-o', 'remount,bind,ro', to],
  ];
}

function deviceLines(dev: string): string[][] {
  return [
    ['mount', '-t', 'tmpfs', '-o', 'mode=755', 'none', dev],
    ['mkdir', `${dev}/shm`],
    ['touch', ...DEVICES.map((name) => `${dev}/${name}`)],
    ...DEVICES.map((name) => ['mount', '--bind', `/dev/${name}`, `${dev}/${name}`]),
    ...DEVICE_LINKS.map(([name, to]) => ['ln', '-s', to, `${dev}/${name}`]),
  ];
}

const shellLine = (words: readonly string[]): string => words.map(shellWord).join(' ');
