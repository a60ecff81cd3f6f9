// A lab host as an OpenWrt box, as far as our package sees one: its files and busybox ash over those of this machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtProgram } from '../../src/base/package-files.ts';
import type { CommandResult } from '../../src/lab/command.ts';
import type { Host } from '../../src/lab/host.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';

export const STUBS = join(import.meta.dirname, 'openwrt');
export const PACKAGE = join(import.meta.dirname, '../../packaging/openwrt');

// What our scripts call, as busybox has it; `ip` and the like come from this machine, as packages do on OpenWrt.
const APPLETS = [
  'cat',
  'cmp',
  'grep',
  'ls',
  'mkdir',
  'readlink',
  'rm',
  'rmdir',
  'sed',
  'setsid',
  'sh',
  'sleep',
  'sort',
  'tee',
];

// In a mount namespace of its own, over everything that this machine has; what is written is in memory.
const BOOT = `
at=$1 stubs=$2 package=$3 program=$4 node=$5 applets=$6
mount -t tmpfs none "$at"
mkdir "$at/up" "$at/work" "$at/root"
cd "$at/up"
mkdir -p etc/rc.d usr/lib/functions usr/bin tmp run
# Of memory, as there; a relative one, for those who look in from outside.
ln -s tmp var
cp -a "$package/files/etc" "$package/files/usr" .
cp -a "$package/files/lib/." usr/lib/
cp -a "$package/scripts" "$at/scripts"
chmod 600 etc/config/wanbond
cp "$stubs/functions.sh" usr/lib/
cp "$stubs/network.sh" usr/lib/functions/
cp "$stubs/rc.common" etc/
cp "$stubs/firewall" etc/init.d/
cp "$stubs/logger" "$stubs/ubus" usr/bin/
printf '#!/bin/sh\\nexec %s %s "$@"\\n' "$node" "$program" > usr/bin/wanbond
chmod 755 usr/bin/wanbond
for applet in $applets; do ln -s "$(command -v busybox)" "usr/bin/$applet"; done
mount -t overlay none -o "lowerdir=/,upperdir=$at/up,workdir=$at/work" "$at/root"
mount -t tmpfs none "$at/root/tmp"
mount -t tmpfs none "$at/root/run"
mkdir "$at/root/tmp/run" "$at/root/tmp/lib"
mv "$at/scripts" "$at/root/tmp/"
for folder in /proc /sys /dev; do mount --rbind "$folder" "$at/root$folder"; done
# Those that lie on another file system than /.
for file in "$program" "$node"; do
  [ -e "$at/root$file" ] && continue
  folder=$(dirname "$file")
  mkdir -p "$at/root$folder"
  mount --rbind "$folder" "$at/root$folder"
done
echo booted
exec sleep infinity`;

const BOOT_TIMEOUT_MS = 20_000;

export class OpenwrtBox {
  readonly #host: Host;
  readonly #init: LabProcess;
  readonly #root: string;

  private constructor(host: Host, init: LabProcess, at: string) {
    this.#host = host;
    this.#init = init;
    this.#root = `/proc/${init.pid}/root${at}/root`;
  }

  /** @param at an empty folder, which stays empty for everybody else */
  static async boot(host: Host, at: string): Promise<OpenwrtBox> {
    const paths = [STUBS, PACKAGE, builtProgram('main'), process.execPath, APPLETS.join(' ')];
    const init = host.spawn(
      ['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', BOOT, 'sh', at, ...paths],
      { label: `OpenWrt on ${host.name}` },
    );
    await init.waitFor(/^booted$/, BOOT_TIMEOUT_MS);
    return new OpenwrtBox(host, init, at);
  }

  /** Runs lines of ash, as root of the box. */
  run(script: string): Promise<CommandResult> {
    const enter = ['nsenter', `--target=${this.#init.pid}`, '--mount', 'chroot', this.#rootInside];
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    return this.#host.exec([...enter, '/bin/sh', '-c', script], { env: { ...process.env, ...env } });
  }

  /** The output of lines that must succeed. */
  async must(script: string): Promise<string> {
    const { stdout, stderr, code } = await this.run(script);
    if (code === 0) return stdout;
    throw new Error(`${script}: exit ${code}: ${stderr}${stdout}`);
  }

  read(path: string): string {
    return readFileSync(this.#root + path, 'utf8');
  }

  write(path: string, text: string): void {
    writeFileSync(this.#root + path, text);
  }

  async close(): Promise<void> {
    await this.#init.stop();
  }

  get #rootInside(): string {
    return this.#root.replace(/^\/proc\/\d+\/root/, '');
  }
}
