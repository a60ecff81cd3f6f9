// The packages for OpenWrt as `make openwrt` builds them: unpacked with tar and with a reader of the other format, they hold
// what they should and nothing else, and building them again gives the same bytes.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PackageRead, readPackage } from '../src/openwrt/apk-reader.ts';
import { elfFacts } from '../src/openwrt/elf.ts';
import { askForMusl } from '../packaging/openwrt/build/musl-program.fixture.ts';
import { packageVersion } from '../packaging/openwrt/build/package-facts.ts';
import { packageWords } from '../src/base/package-files.ts';
import { mustRun, runCommand } from '../src/lab/command.ts';

const REPOSITORY = join(import.meta.dirname, '..');
const OWN = join(REPOSITORY, 'packaging/openwrt');
const VERSION = packageVersion(packageWords().version);
const BUILD_TIMEOUT_MS = 170_000;
const DEPENDS = [
  'ip-full',
  'kmod-nft-socket',
  'kmod-nft-tproxy',
  'kmod-tcp-bbr',
  'libc',
  'libgcc1',
  'libstdcpp6',
  'nftables-json',
];
// With the CPU as npm names it, and as elf(5) numbers it.
const ARCHITECTURES = [
  ['x86_64', 'x64', 62],
  ['aarch64_cortex-a53', 'arm64', 183],
] as const;

let folder: string;
let first: string;
const env = { ...process.env, SOURCE_DATE_EPOCH: '1700000000' };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wanbond-openwrt-'));
  first = await build('first', `ARCH=${ARCHITECTURES.map(([name]) => name).join(',')}`);
}, BUILD_TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The folder of the packages. */
async function build(name: string, ...words: string[]): Promise<string> {
  const out = join(folder, name);
  await make(`OUT=${out}`, ...words);
  return out;
}

const make = (...words: string[]): Promise<string> =>
  mustRun(['make', '--silent', '-C', REPOSITORY, 'openwrt', ...words], { env, timeoutMs: BUILD_TIMEOUT_MS });

const ipkOf = (out: string, name: string): string => join(out, `wanbond_${VERSION}_${name}.ipk`);
const apkOf = (out: string, name: string): PackageRead =>
  readPackage(readFileSync(join(out, `wanbond-${VERSION}.${name}.apk`)));

/** Unpacks both archives of an .ipk; returns the listing of its files and what is in `control`. */
async function unpack(ipk: string, to: string): Promise<{ list: string[]; control: string }> {
  mkdirSync(join(to, 'control'), { recursive: true });
  mkdirSync(join(to, 'data'));
  await mustRun(['tar', '-xzf', ipk, '-C', to]);
  await mustRun(['tar', '-xzf', join(to, 'control.tar.gz'), '-C', join(to, 'control')]);
  await mustRun(['tar', '-xzpf', join(to, 'data.tar.gz'), '-C', join(to, 'data')]);
  const list = await mustRun(['tar', '-tvzf', join(to, 'data.tar.gz'), '--numeric-owner', '--full-time']);
  return { list: list.trim().split('\n'), control: readFileSync(join(to, 'control/control'), 'utf8') };
}

/** Every file that belongs in, with its mode. */
function expectedFiles(npm: string): Map<string, string> {
  const lines = [
    '-rw------- etc/config/wanbond',
    '-rwxr-xr-x etc/init.d/wanbond',
    '-rwxr-xr-x etc/uci-defaults/90-wanbond',
    '-rw-r--r-- lib/upgrade/keep.d/wanbond',
    '-rwxr-xr-x usr/bin/wanbond',
    '-rw-r--r-- usr/lib/wanbond/LICENSE',
    '-rw-r--r-- usr/lib/wanbond/package.json',
    ...readdirSync(join(REPOSITORY, 'dist')).map((name) => `-rw-r--r-- usr/lib/wanbond/dist/${name}`),
    '-rw-r--r-- usr/lib/wanbond/node_modules/koffi/LICENSE.txt',
    '-rw-r--r-- usr/lib/wanbond/node_modules/koffi/index.js',
    '-rw-r--r-- usr/lib/wanbond/node_modules/koffi/package.json',
    '-rw-r--r-- usr/lib/wanbond/node_modules/koffi/src/koffi/index.js',
    '-rw-r--r-- usr/lib/wanbond/node_modules/koffi/src/koffi/src/static.js',
    `-rw-r--r-- usr/lib/wanbond/node_modules/@koromix/koffi-linux-${npm}/index.js`,
    `-rw-r--r-- usr/lib/wanbond/node_modules/@koromix/koffi-linux-${npm}/package.json`,
    `-rw-r--r-- usr/lib/wanbond/node_modules/@koromix/koffi-linux-${npm}/musl_${npm}/koffi.node`,
    '-rw-r--r-- usr/share/nftables.d/chain-pre/input/wanbond.nft',
  ];
  return new Map(lines.map((line) => [line.slice(11), line.slice(0, 10)]));
}

describe.each(ARCHITECTURES)('%s', (name, npm, machine) => {
  let root: string;
  let list: string[];
  let control: string;

  beforeAll(async () => {
    const to = join(folder, name);
    ({ list, control } = await unpack(ipkOf(first, name), to));
    root = join(to, 'data');
  });

  test('the .ipk holds the expected files, all of root and of one time', () => {
    const found = list.map((line) => {
      const [mode = '', owner, , date, time, path = ''] = line.split(/\s+/);
      expect({ line, owner, at: `${date} ${time}` }).toEqual({
        line,
        owner: '0/0',
        at: '2023-11-14 22:13:20',
      });
      return { mode, path: path.replace(/^\.\//, '') };
    });
    const files = found.filter(({ mode }) => !mode.startsWith('d'));
    expect(new Map(files.map(({ mode, path }) => [path, mode]))).toEqual(expectedFiles(npm));
    for (const { mode } of found.filter((one) => one.mode.startsWith('d'))) expect(mode).toBe('drwxr-xr-x');
  });

  test('koffi is there once, built for this CPU and for musl', () => {
    const native = list
      .filter((line) => line.endsWith('.node'))
      .map((line) => line.slice(line.indexOf('./')));
    expect(native).toHaveLength(1);
    const facts = elfFacts(readFileSync(join(root, native[0] ?? '')));
    expect(facts?.machine).toBe(machine);
    expect(facts?.needed.filter((soname) => soname.startsWith('libc.'))).toEqual([
      expect.stringMatching(/^libc\.musl-/),
    ]);
  });

  test('it declares what it depends on, its configs and its scripts', () => {
    expect(control).toContain(`\nVersion: ${VERSION}\n`);
    expect(control).toContain(`\nArchitecture: ${name}\n`);
    expect(/^Depends: (.*)$/m.exec(control)?.[1]?.split(', ').toSorted()).toEqual(
      [...DEPENDS, 'node'].toSorted(),
    );
    const part = (which: string): string => readFileSync(join(folder, name, 'control', which), 'utf8');
    expect(part('conffiles')).toBe('/etc/config/wanbond\n');
    for (const which of ['postinst', 'prerm', 'postrm'])
      expect(part(which)).toBe(readFileSync(join(OWN, 'scripts', which), 'utf8'));
  });

  test('the .apk holds the same files, and says the same', () => {
    const { info, files } = apkOf(first, name);
    expect(info).toMatchObject({ name: 'wanbond', version: VERSION, arch: name });
    expect(info.depends.map((one) => one.name)).toEqual([...DEPENDS, 'node'].toSorted());
    const expected = expectedFiles(npm);
    const own = files.filter(({ path }) => !path.startsWith('lib/apk/packages/'));
    expect(own.map(({ path }) => path).toSorted()).toEqual([...expected.keys()].toSorted());
    for (const { path, acl, data } of own) {
      expect(`${path} ${acl.mode.toString(8)}`).toBe(`${path} ${octal(expected.get(path) ?? '')}`);
      expect(`${path} ${data.equals(readFileSync(join(root, path)))}`).toBe(`${path} true`);
    }
  });
});

/** Of the nine letters after the type. */
const octal = (letters: string): string =>
  [1, 4, 7]
    .map((at) =>
      letters
        .slice(at, at + 3)
        .split('')
        .reduce((sum, one) => 2 * sum + Number(one !== '-'), 0),
    )
    .join('');

test.runIf(process.arch === 'x64')('nothing that the program imports is missing', async () => {
  // This machine's C library, by the name of the one that koffi's build is for.
  const libraries = join(folder, 'libraries');
  mkdirSync(libraries);
  const [, libc = ''] = /(\S*\/libc\.so\.6)/.exec(await mustRun(['ldd', process.execPath])) ?? [];
  symlinkSync(libc, join(libraries, 'libc.musl-x86_64.so.1'));
  const program = join(folder, 'x86_64/data/usr/lib/wanbond/dist/main.js');
  const said = await mustRun([process.execPath, program, 'kernel', 'check', '--json'], {
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
  });
  expect(JSON.parse(said)).toMatchObject({ ok: true });
});

test('building them again gives the same bytes', async () => {
  const again = await build('again', 'ARCH=x86_64');
  expect(readdirSync(again)).toHaveLength(2);
  for (const file of readdirSync(again))
    expect(`${file} ${readFileSync(join(again, file)).equals(readFileSync(join(first, file)))}`).toBe(
      `${file} true`,
    );
});

test('a Node for musl comes with the package of its CPU, and replaces the dependency', async () => {
  const program = readFileSync('/bin/sh');
  askForMusl(program);
  const node = join(folder, 'node');
  writeFileSync(node, program);
  const out = await build('with-node', `NODE=${node}`);
  expect(readdirSync(out).map((file) => file.replace(/^.*(x86_64|aarch64).*\./, '$1 '))).toEqual([
    'x86_64 apk',
    'x86_64 ipk',
  ]);
  const { info, files } = apkOf(out, 'x86_64');
  expect(info.depends.map((one) => one.name)).toEqual(DEPENDS);
  expect(files.find(({ path }) => path === 'usr/lib/wanbond/node')).toMatchObject({ acl: { mode: 0o755 } });
  const { control } = await unpack(ipkOf(out, 'x86_64'), join(folder, 'unpacked-with-node'));
  expect(control).not.toMatch(/^Depends:.*\bnode\b/m);

  const refused = await runCommand(
    ['make', '--silent', '-C', REPOSITORY, 'openwrt', `NODE=${node}`, 'ARCH=aarch64_generic', `OUT=${out}`],
    { env },
  );
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('the given Node does not run on aarch64_generic');
});

test('a Node that a router cannot run is refused, and so is a CPU that there is nothing for', async () => {
  const run = (...words: string[]) =>
    runCommand(['make', '--silent', '-C', REPOSITORY, 'openwrt', `OUT=${join(folder, 'none')}`, ...words], {
      env,
    });
  expect((await run(`NODE=${process.execPath}`)).stderr).toContain('which OpenWrt does not have');
  expect((await run('ARCH=mips_24kc')).stderr).toMatch(/no package for mips_24kc.*\n.*DISTRIB_ARCH/);
});
