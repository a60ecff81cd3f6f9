// The feed Makefile, read by GNU make with stand-ins for the SDK's own files: it says what the package builder says, and
// installs the same files.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEPENDS, dependsOf, packageVersion, RELEASE } from '../packaging/openwrt/build/package-facts.ts';
import type { FileEntry } from '../packaging/openwrt/build/file-entry.ts';
import { ARCHITECTURES } from '../src/openwrt/architecture.ts';
import { elfFacts } from '../src/openwrt/elf.ts';
import { conffilesOf, payload } from '../packaging/openwrt/build/payload.ts';
import { packageWords } from '../src/base/package-files.ts';
import { mustRun } from '../src/lab/command.ts';

const REPOSITORY = join(import.meta.dirname, '..');
const OWN = join(REPOSITORY, 'packaging/openwrt');

// As in the SDK's rules.mk.
const RULES = `INCLUDE_DIR:=$(TOPDIR)/include
SHELL:=/usr/bin/env bash
INSTALL_BIN:=install -m0755
INSTALL_DIR:=install -d -m0755
INSTALL_DATA:=install -m0644
INSTALL_CONF:=install -m0600
CP:=cp -fpR
PKG_BUILD_DIR:=$(TOPDIR)/build
`;
// What the SDK makes a package of; here it is told instead.
const PACKAGE = `define BuildPackage
$(eval $(call Package/$(1)))
.PHONY: tell prepare install scripts provides
provides: ; @$$(Package/$(1)/extra_provides)
tell:
	@printf '%s\\n' 'NAME $(PKG_NAME)' 'VERSION $(PKG_VERSION)-r$(PKG_RELEASE)' 'DEPENDS $(strip $(DEPENDS))' 'CONFFILES $(strip $(Package/$(1)/conffiles))' 'DESCRIPTION $(subst ',,$(strip $(Package/$(1)/description)))'
prepare: ; $$(call Build/Prepare)
install: ; $$(call Package/$(1)/install,$(DESTDIR))
scripts: export SCRIPT_POSTINST=$$(call Package/$(1)/postinst)
scripts: export SCRIPT_POSTRM=$$(call Package/$(1)/postrm)
scripts: export SCRIPT_PRERM=$$(call Package/$(1)/prerm)
scripts: ; @printf '%s\\0' "$$$$SCRIPT_POSTINST" "$$$$SCRIPT_POSTRM" "$$$$SCRIPT_PRERM"
endef
`;

let sdk: string;

beforeAll(() => {
  sdk = mkdtempSync(join(tmpdir(), 'wanbond-feed-'));
  mkdirSync(join(sdk, 'include'));
  writeFileSync(join(sdk, 'rules.mk'), RULES);
  writeFileSync(join(sdk, 'include/package.mk'), PACKAGE);
});

afterAll(() => rmSync(sdk, { recursive: true, force: true }));

const make = (target: string, ...words: string[]): Promise<string> =>
  mustRun(['make', '--silent', '-C', OWN, target, `TOPDIR=${sdk}`, 'ARCH=x86_64', ...words]);

async function told(...words: string[]): Promise<Record<string, string>> {
  const lines = (await make('tell', ...words)).trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.split(' ', 1)[0], line.slice(line.indexOf(' ') + 1)]));
}

/** The SDK adds libc, and the numbers of libraries' versions. */
const asInFeeds = (names: readonly string[]): string[] =>
  names.filter((name) => name !== 'libc').map((name) => name.replace(/^(libstdcpp|libgcc)\d$/, '$1'));

test('name, version, dependencies and configs are those of the builder', async () => {
  const facts = await told();
  const { version, description } = packageWords();
  expect(facts).toMatchObject({ NAME: 'wanbond', CONFFILES: '/etc/config/wanbond' });
  expect(facts['VERSION']).toBe(packageVersion(version));
  expect(facts['VERSION']).toMatch(new RegExp(`-r${RELEASE}$`));
  expect(facts['DESCRIPTION']).toBe(description.replaceAll("'", ''));
  const [cpus, ...depends] = (facts['DEPENDS'] ?? '').split(/\s+/);
  expect(cpus).toBe('@(x86_64||aarch64)');
  expect(depends.toSorted()).toEqual(
    asInFeeds(dependsOf(undefined))
      .map((name) => `+${name}`)
      .toSorted(),
  );
  expect((await told('WANBOND_NODE=/some/node'))['DEPENDS']?.split(/\s+/)).not.toContain('+node');
});

const packed = (): Promise<FileEntry[]> => {
  const [x64] = ARCHITECTURES;
  return payload({
    repository: REPOSITORY,
    cpu: x64?.cpu as NonNullable<typeof x64>['cpu'],
    cache: join(REPOSITORY, '.make/npm'),
    node: undefined,
  });
};

test('each library of koffi is in a package that is depended on, or told to the SDK, which looks', async () => {
  const koffi = (await packed()).find(({ path }) => path.endsWith('/koffi.node'));
  const { needed } = elfFacts(Buffer.from(koffi?.data ?? [])) ?? { needed: [] };
  expect(needed).toContain('libgcc_s.so.1');
  expect(dependsOf(needed)).toEqual(DEPENDS);
  const provided = (await make('provides')).trim().split('\n');
  expect(needed.filter((name) => name.startsWith('libc.'))).toEqual(provided);
});

test('it installs the files that the builder packs', async () => {
  const files = await packed();
  await make('prepare');
  expect(readdirSync(join(sdk, 'build')).toSorted()).toEqual(
    ['LICENSE', 'package-lock.json', 'package.json', 'rolldown.config.ts', 'src'].toSorted(),
  );
  // What Build/Compile would make is here already.
  for (const name of ['dist', 'node_modules']) symlinkSync(join(REPOSITORY, name), join(sdk, 'build', name));
  const root = join(sdk, 'root');
  await make('install', `DESTDIR=${root}`);
  const installed = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(root, path)).isFile())
    .toSorted();
  expect(installed).toEqual(files.map(({ path }) => path).toSorted());
  expect(conffilesOf(files)).toEqual(['/etc/config/wanbond']);
  for (const { path, mode, data } of files) {
    expect(`${path} ${(statSync(join(root, path)).mode & 0o777).toString(8)}`).toBe(
      `${path} ${mode.toString(8)}`,
    );
    // The builder leaves out of package.json what is not read.
    if (path === 'usr/lib/wanbond/package.json') continue;
    expect(`${path} ${readFileSync(join(root, path)).equals(data)}`).toBe(`${path} true`);
  }
});

test('a given Node is installed with it', async () => {
  const root = join(sdk, 'root-with-node');
  await make('install', `DESTDIR=${root}`, 'WANBOND_NODE=/bin/true');
  expect(statSync(join(root, 'usr/lib/wanbond/node')).mode & 0o777).toBe(0o755);
});

/** What the SDK makes of Package/wanbond/postinst, postrm and prerm. */
const scripts = async (): Promise<string[]> => (await make('scripts')).split('\0').slice(0, 3);

test('its scripts are shell, and leave an image that is being built alone', async () => {
  const all = await scripts();
  expect(all.map((script) => script.slice(0, 10))).toEqual(Array(3).fill('#!/bin/sh\n'));
  for (const script of all)
    await mustRun(['sh', '-c', script], { env: { ...process.env, IPKG_INSTROOT: '/nowhere' } });
});

test('before removing, what every package does is done, and ends, although both call each other', async () => {
  const [, , prerm = ''] = await scripts();
  expect(prerm).toContain(readFileSync(join(OWN, 'scripts/prerm'), 'utf8').trim());
  const root = join(sdk, 'box');
  mkdirSync(join(root, 'lib'), { recursive: true });
  writeFileSync(join(root, 'prerm-pkg'), prerm);
  // As in OpenWrt's, as far as it matters here.
  writeFileSync(
    join(root, 'lib/functions.sh'),
    'default_prerm() {\n\t( . "$IPKG_INSTROOT/prerm-pkg" ) || return\n\techo stopped\n}\n',
  );
  const script = '. "$IPKG_INSTROOT/lib/functions.sh"; default_prerm';
  const said = await mustRun(['sh', '-c', script], {
    env: { ...process.env, IPKG_INSTROOT: root },
    timeoutMs: 10_000,
  });
  expect(said).toBe('stopped\nstopped\n');
});
