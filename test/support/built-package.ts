// Builds a package for OpenWrt as `make openwrt` does.
import { join } from 'node:path';
import { packageVersion } from '../../packaging/openwrt/build/package-facts.ts';
import { packageWords } from '../../src/base/package-files.ts';
import { mustRun } from '../../src/lab/command.ts';

const REPOSITORY = join(import.meta.dirname, '../..');

export interface WantedPackage {
  readonly architecture: string;
  /** A folder. */
  readonly out: string;
  /** The program of a Node to put into it. */
  readonly node?: string;
  readonly timeoutMs: number;
}

/** The path of the .ipk. */
export async function buildIpk({ architecture, out, node, timeoutMs }: WantedPackage): Promise<string> {
  const words = [`ARCH=${architecture}`, `OUT=${out}`, ...(node === undefined ? [] : [`NODE=${node}`])];
  await mustRun(['make', '--silent', '-C', REPOSITORY, 'openwrt', ...words], { timeoutMs });
  return join(out, `wanbond_${packageVersion(packageWords().version)}_${architecture}.ipk`);
}
