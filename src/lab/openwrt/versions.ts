// Which versions a root file system has of what the router runs with, asked from inside, with its own shell.
import { WanbondError } from '../../base/error.ts';
import type { Box } from './box.ts';
import { LAUNCHER, SHELL } from './root-facts.ts';

export interface Versions {
  /** Like `v20.20.2`. */
  readonly node: string;
  /** Like `1.2.5`. */
  readonly musl: string;
  /** Like `0.1.0`. */
  readonly wanbond: string;
}

/** Of the oldest Node that runs the router, as package.json says. */
export const OLDEST_NODE = [20, 19] as const;

// musl's loader says its version when it is given nothing to start, and calls that a failure.
const ASK = `
echo "node $("$1" --version 2>&1 | head -n 1)"
echo "musl $("$2" 2>&1 | sed -n 's/^Version //p')"
echo "wanbond $("$3" --version 2>&1 | head -n 1)"`;

export async function askVersions(box: Box, node: string, loader: string): Promise<Versions> {
  return readVersions(await box.must([SHELL, '-c', ASK, 'sh', node, loader, LAUNCHER]));
}

/** @param said lines of a name and what was answered @throws WanbondError `node-fails`, `old-node`, `program-fails` */
export function readVersions(said: string): Versions {
  const answer = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(said)?.[1] ?? '';
  const [node, musl, wanbond] = ['node', 'musl', 'wanbond'].map(answer) as [string, string, string];
  const [, major, minor] = /^v(\d+)\.(\d+)\.\d+/.exec(node) ?? [];
  if (major === undefined || minor === undefined) {
    throw new WanbondError({
      code: 'node-fails',
      message: `Node does not run in the root file system: ${node || 'it said nothing'}`,
      hint: 'Install what it asks for into it; a library that is missing is most likely libstdcpp.',
    });
  }
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor)) {
    throw new WanbondError({
      code: 'old-node',
      message: `Node ${node} of the root file system is older than ${OLDEST_NODE.join('.')}`,
      hint: 'Give the root file system of OpenWrt 24.10 or newer, or --package with a package that has a Node in it.',
    });
  }
  if (!/^\d+\.\d+\.\d+/.test(wanbond)) {
    throw new WanbondError({
      code: 'program-fails',
      message: `wanbond does not start in the root file system: ${wanbond || 'it said nothing'}`,
      hint: 'Give a package that `make openwrt` built with --package.',
    });
  }
  return { node, musl: musl || 'of no known version', wanbond };
}
