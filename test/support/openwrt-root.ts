// What stands for a root file system of OpenWrt: there is none to be had from Debian or npm. Its Node runs on musl and its shell
// is busybox, as on OpenWrt; `ip` and `nft` are Debian's, on glibc. It has no uci and no ucode, so no real fw4 either.
import { chmodSync, copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../../src/lab/command.ts';
import { fw4 } from './firewalls.ts';
import { makeMuslRoot, MULTIARCH } from './musl-root.ts';

export const RELEASE = 'OpenWrt 24.10 stand-in';
const INCLUDES = 'include "/usr/share/nftables.d/chain-pre/input/*.nft"';
// The rules of fw4 as such, for zones that the config has to have.
const FW4 = `#!/bin/sh
# What stands for fw4 in tests.
grep -q "list device 'lan0'" /etc/config/firewall && grep -q "list device 'wan2'" /etc/config/firewall || exit 1
case "$1" in
	check) nft -c -f /etc/fw4.nft ;;
	start) nft -f /etc/fw4.nft ;;
esac
`;

/** @param root not there yet @param node for musl; undefined: without one */
export async function makeOpenwrtRoot(root: string, node: string | undefined): Promise<void> {
  await makeMuslRoot(root);
  // As OpenWrt has it: in memory.
  rmSync(join(root, 'var'), { recursive: true });
  symlinkSync('tmp', join(root, 'var'));
  for (const folder of ['etc/config', 'sbin', 'usr/bin']) mkdirSync(join(root, folder), { recursive: true });
  const release = ["ID='OpenWrt'", "ARCH='x86_64'", `DESCRIPTION='${RELEASE}'`];
  writeFileSync(join(root, 'etc/openwrt_release'), release.map((line) => `DISTRIB_${line}\n`).join(''));
  for (const applet of (await mustRun(['busybox', '--list'])).trim().split('\n')) {
    if (!['sh', 'busybox', 'ip'].includes(applet)) symlinkSync('busybox', join(root, 'bin', applet));
  }
  // As on OpenWrt, nft knows protocols by it.
  copyFileSync('/etc/protocols', join(root, 'etc/protocols'));
  const nft = (await mustRun(['sh', '-c', 'command -v nft'])).trim();
  copyFileSync(nft, join(root, 'sbin/nft'));
  await copyGlibc(root, ['bin/busybox', 'bin/ip', 'sbin/nft']);
  if (node === undefined) return;
  copyFileSync(node, join(root, 'usr/bin/node'));
  chmodSync(join(root, 'usr/bin/node'), 0o755);
}

/** With the libraries that these programs of Debian run with, where glibc's loader looks without a cache. */
async function copyGlibc(root: string, programs: readonly string[]): Promise<void> {
  const said = await mustRun(['ldd', ...programs.map((program) => join(root, program))]);
  const files = new Set([...said.matchAll(/(\/\S+) \(0x/g)].map(([, file = '']) => file));
  for (const file of files) {
    const folder = file.includes('/ld-linux') ? 'lib64' : MULTIARCH;
    copyFileSync(file, join(root, folder, file.slice(file.lastIndexOf('/') + 1)));
  }
}

/** Puts a stand-in of fw4 into it, whose LAN zone rejects input. @param includes whether it takes those of packages */
export function putFw4(root: string, { includes }: { readonly includes: boolean }): void {
  const rules = fw4('reject');
  const top = 'iifname "lo" accept\n';
  const text = includes ? rules.replace(top, `${top}    ${INCLUDES}\n`) : rules;
  writeFileSync(join(root, 'etc/fw4.nft'), text);
  writeFileSync(join(root, 'sbin/fw4'), FW4, { mode: 0o755 });
}
