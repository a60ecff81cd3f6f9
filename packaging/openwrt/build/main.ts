// Entry of `make openwrt`: builds the packages for OpenWrt 24.10 and 25.12 from this repository.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, WanbondError } from '../../../src/base/error.ts';
import { packageRoot, packageWords } from '../../../src/base/package-files.ts';
import { apk } from './apk.ts';
import { ARCHITECTURES, type Architecture, architectureNamed } from '../../../src/openwrt/architecture.ts';
import { type BundledNode, readNode } from './bundled-node.ts';
import { ipk } from './ipk.ts';
import { dependsOf, NAME, packageVersion } from './package-facts.ts';
import type { PackageParts } from './package-parts.ts';
import { conffilesOf, payload } from './payload.ts';
import { sourceDate } from './source-date.ts';

const CACHE = join(packageRoot(), '.make/npm');

interface Options {
  readonly arch?: string;
  readonly node?: string;
  readonly out: string;
}

const program = new Command('openwrt')
  .description('Builds packages of wanbond for OpenWrt 24.10 (.ipk) and 25.12 (.apk).')
  .option('--arch <names>', "OpenWrt's names with commas between them; all that there are packages for")
  .option('--node <file>', 'a Node built for musl, which is to come with the package')
  .option('--out <folder>', 'where the packages go', '.make/openwrt/packages')
  .parse();

try {
  const { arch, node, out } = program.opts<Options>();
  const bundled = node === undefined ? undefined : readNode(node);
  mkdirSync(out, { recursive: true });
  for (const architecture of chosen(arch, bundled)) await build(architecture, bundled, out);
} catch (error) {
  if (!(error instanceof WanbondError)) throw error;
  const cause = error.cause === undefined ? '' : `\n${describe(error.cause)}`;
  program.error(`${error.message}.\n${error.hint}${cause}`);
}

function chosen(names: string | undefined, node: BundledNode | undefined): readonly Architecture[] {
  const all = names === undefined ? ARCHITECTURES : names.split(',').map(architectureNamed);
  const fitting = all.filter(({ cpu }) => node === undefined || cpu === node.cpu);
  const other = all.find((one) => !fitting.includes(one));
  if (names === undefined || !other) return fitting;
  throw new WanbondError({
    code: 'bad-node',
    message: `the given Node does not run on ${other.name}`,
    hint: 'Give each CPU its own Node, in builds of their own.',
  });
}

async function build({ name, cpu }: Architecture, node: BundledNode | undefined, out: string): Promise<void> {
  const repository = packageRoot();
  const script = (which: string): string =>
    readFileSync(join(repository, 'packaging/openwrt/scripts', which), 'utf8');
  const files = await payload({ repository, cpu, cache: CACHE, node: node?.data });
  const { version, description } = packageWords();
  const parts: PackageParts = {
    version: packageVersion(version),
    architecture: name,
    description,
    depends: dependsOf(node?.libraries),
    files,
    conffiles: conffilesOf(files),
    scripts: { postinst: script('postinst'), prerm: script('prerm'), postrm: script('postrm') },
    time: sourceDate(repository, process.env),
  };
  // As each release names its own, with the architecture also where 25.12 keeps packages in folders by it.
  write(join(out, `${NAME}_${parts.version}_${name}.ipk`), await ipk(parts));
  write(join(out, `${NAME}-${parts.version}.${name}.apk`), apk(parts));
}

function write(path: string, data: Buffer): void {
  writeFileSync(path, data);
  console.log(`${path}  ${(data.length / 1e6).toFixed(2)} MB`);
}
