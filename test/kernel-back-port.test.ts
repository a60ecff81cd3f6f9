// `kernel patch` of some paths of a later release, in the layout of OpenWrt 24.10.
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  codeOf,
  makefile,
  quiltPatch,
  requestFor,
  silent,
  source,
  TCP,
  Workplace,
} from '../src/kernel/patch/histories.fixture.ts';
import { makePatch } from '../src/kernel/patch/make-patch.ts';
import type { Made, PatchRequest } from '../src/kernel/patch/request.ts';

const GENERIC = 'openwrt/target/linux/generic';
const PATHS = ['net/mptcp', 'include/net/mptcp.h'];

let place: Workplace;
beforeEach(() => {
  place = new Workplace();
  mainlineHistory();
  openwrt2410();
});
afterEach(() => place.remove());

const KCONFIG = `config MPTCP
	bool "MPTCP: Multipath TCP"
	depends on INET

if MPTCP

config MPTCP_IPV6
	bool "MPTCP: IPv6 support for Multipath TCP"
	default y

endif
`;

const LATER_KCONFIG = KCONFIG.replace(
  'endif',
  'config MPTCP_SCHED\n\ttristate "MPTCP: schedulers"\n\nconfig MPTCP_KUNIT_TEST\n\ttristate "Tests"\n\nendif',
);

/** Linux 6.6 to 6.6.73, and 6.12, which changes net/mptcp, its header, and much besides that conflicts. */
function mainlineHistory(): void {
  place.startKernel([
    {
      branch: 'master',
      subject: 'Linux 6.6',
      tag: 'v6.6',
      files: {
        Makefile: makefile('6.6'),
        'net/mptcp/Kconfig': KCONFIG,
        'net/mptcp/protocol.c': source('protocol'),
        'include/net/mptcp.h': source('header', {}, 20),
        [TCP]: source('tcp'),
      },
    },
    {
      branch: 'stable',
      from: 'v6.6',
      subject: 'Linux 6.6.73',
      tag: 'v6.6.73',
      files: {
        Makefile: makefile('6.6.73'),
        'net/mptcp/protocol.c': source('protocol', { 50: 'protocol stable 73;' }),
        [TCP]: source('tcp', { 30: 'tcp stable;' }),
      },
    },
    {
      branch: 'master',
      subject: 'mptcp: add a scheduler',
      files: { 'net/mptcp/sched.c': source('sched', {}, 30), 'net/mptcp/Kconfig': LATER_KCONFIG },
    },
    {
      branch: 'master',
      subject: 'tcp: nothing of mptcp',
      files: { [TCP]: source('tcp', { 30: 'tcp mainline;' }) },
    },
    {
      branch: 'master',
      subject: 'Linux 6.12',
      tag: 'v6.12',
      files: {
        Makefile: makefile('6.12'),
        'net/mptcp/protocol.c': source('protocol', { 10: 'protocol mainline;' }),
        'include/net/mptcp.h': source('header', { 5: 'header mainline;' }, 20),
      },
    },
  ]);
}

/** The layout of 24.10, with a patch of each kind and a file that OpenWrt brings along. */
function openwrt2410(): void {
  const header = source('header', {}, 20);
  place.write(`${GENERIC}/kernel-6.6`, 'LINUX_VERSION-6.6 = .73\nLINUX_KERNEL_HASH-6.6.73 = 0\n');
  place.write(`${GENERIC}/config-6.6`, '# CONFIG_MPTCP is not set\nCONFIG_NET=y\n');
  place.write(`${GENERIC}/files/drivers/net/phy/owrt.c`, source('owrt', {}, 20));
  place.write(
    `${GENERIC}/backport-6.6/600-v6.7-early.patch`,
    quiltPatch(
      'early',
      TCP,
      source('tcp', { 30: 'tcp stable;' }),
      source('tcp', { 30: 'tcp stable;', 50: 'tcp 6.7;' }),
    ),
  );
  place.write(
    `${GENERIC}/pending-6.6/100-owrt.patch`,
    quiltPatch(
      'owrt',
      'drivers/net/phy/owrt.c',
      source('owrt', {}, 20),
      source('owrt', { 8: 'owrt pending;' }, 20),
    ),
  );
  place.write(
    `${GENERIC}/hack-6.6/900-header.patch`,
    quiltPatch('header', 'include/net/mptcp.h', header, source('header', { 15: 'header of a hack;' }, 20)),
  );
  place.write('openwrt/target/linux/x86/config-6.6', 'CONFIG_X86=y\n');
  place.write(
    'openwrt/target/linux/ath79/patches-6.6/910-mips.patch',
    quiltPatch(
      'mips',
      'net/mptcp/protocol.c',
      source('protocol', { 50: 'protocol stable 73;' }),
      source('protocol', { 30: 'protocol mips;', 50: 'protocol stable 73;' }),
    ),
  );
  // A packed patch, and a target that brings a file along and patches it.
  place.write(
    `${GENERIC}/pending-6.6/101-packed.patch.gz`,
    gzipSync(quiltPatch('packed', 'Makefile', makefile('6.6.73'), makefile('6.6.74'))),
  );
  place.write('openwrt/target/linux/ath79/files/drivers/ath.c', source('ath', {}, 20));
  place.write(
    'openwrt/target/linux/ath79/patches-6.6/911-ath.patch',
    quiltPatch('ath', 'drivers/ath.c', source('ath', {}, 20), source('ath', { 9: 'ath patched;' }, 20)),
  );
  // Other kernels of the tree are none of our business.
  place.write(`${GENERIC}/backport-6.12/690-other.patch`, 'not looked at\n');
}

async function made(changes: Partial<PatchRequest> = {}): Promise<Made> {
  const result = await makePatch(
    requestFor(place, { branch: 'v6.12', base: 'v6.6.73', paths: PATHS, ...changes }),
    false,
    silent,
  );
  if (result.kind !== 'made') throw new Error(`conflicts: ${JSON.stringify(result, undefined, 1)}`);
  return result;
}

/** The paths after the patches, which start from the release. */
function patched(folder: string, names: readonly string[]): Record<string, string> {
  place.git('worktree', 'add', '-q', '--detach', place.at('patched'), 'v6.6.73');
  for (const name of names) {
    execFileSync('patch', ['-p1', '-s', '-d', place.at('patched'), '-i', place.at(folder, name)]);
  }
  const files = execFileSync('git', ['-C', place.at('patched'), 'ls-files', '-co'], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return Object.fromEntries(files.map((file) => [file, place.read(`patched/${file}`)]));
}

const MERGED = {
  Makefile: makefile('6.6.73'),
  'include/net/mptcp.h': source('header', { 5: 'header mainline;' }, 20),
  'net/ipv4/tcp.c': source('tcp', { 30: 'tcp stable;' }),
  'net/mptcp/protocol.c': source('protocol', { 10: 'protocol mainline;', 50: 'protocol stable 73;' }),
  'net/mptcp/sched.c': source('sched', {}, 30),
};

test('the paths of a later release become a back-port in the layout of 24.10, stable fixes kept', async () => {
  const result = await made();
  expect(result).toMatchObject({
    outcome: 'written',
    folder: 'target/linux/generic/backport-6.6',
    targets: ['ath79'],
  });
  expect(result.patches.map(({ name }) => name)).toEqual(['690-v6.12-mptcp.patch']);
  expect(
    result.verified.map(
      ({ file, fit, place: where }) => `${where} ${file.split('/').slice(2).join('/')} ${fit}`,
    ),
  ).toEqual([
    'before generic/backport-6.6/600-v6.7-early.patch clean',
    'ours generic/backport-6.6/690-v6.12-mptcp.patch clean',
    'after generic/pending-6.6/100-owrt.patch clean',
    'after generic/pending-6.6/101-packed.patch.gz clean',
    'after generic/hack-6.6/900-header.patch clean',
    'after ath79/patches-6.6/910-mips.patch clean',
    'after ath79/patches-6.6/911-ath.patch clean',
  ]);
  const { 'net/mptcp/Kconfig': kconfig, ...rest } = patched(`${GENERIC}/backport-6.6`, [
    '690-v6.12-mptcp.patch',
  ]);
  expect(rest).toEqual(MERGED);
  expect(kconfig).toContain('config MPTCP_SCHED\n');
  expect(place.read(`${GENERIC}/config-6.6`)).toBe(
    '# CONFIG_MPTCP is not set\n# CONFIG_MPTCP_KUNIT_TEST is not set\nCONFIG_MPTCP_SCHED=y\nCONFIG_NET=y\n',
  );
});

test('--split takes the commits that touch the paths', async () => {
  await made({ isSplit: true });
  const names = readdirSync(place.at(GENERIC, 'backport-6.6')).filter((name) => name.startsWith('69'));
  expect(names).toEqual([
    '690-01-v6.12-mptcp-mptcp-add-a-scheduler.patch',
    '690-02-v6.12-mptcp-Linux-6.12.patch',
  ]);
  const { 'net/mptcp/Kconfig': _, ...rest } = patched(`${GENERIC}/backport-6.6`, names);
  expect(rest).toEqual(MERGED);
});

test('--into says where else it goes; one of a target is verified for that target', async () => {
  expect(await codeOf(made({ into: 'hacks' }))).toBe('no-such-folder');
  const hack = await made({ into: 'hack', number: 950 });
  expect(hack).toMatchObject({ outcome: 'written', folder: 'target/linux/generic/hack-6.6' });
  expect(hack.verified.map(({ place: where }) => where)).toEqual([
    'before',
    'before',
    'before',
    'before',
    'ours',
    'after',
    'after',
  ]);
  expect(hack.patches[0]?.name).toBe('950-v6.12-mptcp.patch');
  rmSync(place.at(GENERIC, 'hack-6.6/950-v6.12-mptcp.patch'));
  const target = await made({ into: 'target/linux/ath79/patches-6.6', name: 'mptcp-new' });
  expect(target.folder).toBe('target/linux/ath79/patches-6.6');
  expect(target.targets).toEqual(['ath79']);
});

test('--subdir verifies the patches of these targets alone', async () => {
  expect((await made({ targets: ['target/linux/x86'] })).targets).toEqual([]);
  expect((await made({ targets: ['ath79', 'x86'] })).targets).toEqual(['ath79']);
});

test('with a series file the patch gets its line in it', async () => {
  place.write(`${GENERIC}/backport-6.6/series`, '# ours\n600-v6.7-early.patch # first\n');
  await made();
  expect(place.read(`${GENERIC}/backport-6.6/series`)).toBe(
    '# ours\n600-v6.7-early.patch # first\n690-v6.12-mptcp.patch\n',
  );
  expect((await made()).outcome).toBe('unchanged');
});

test('a change that a patch cannot carry is refused', async () => {
  place.commit('mptcp: a picture', { 'net/mptcp/picture.bin': '\0\u0001\u0002' }, 'v6.13');
  expect(await codeOf(made({ branch: 'v6.13' }))).toBe('binary-change');
});
