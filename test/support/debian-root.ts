// A fresh Debian 12 root file system, made once by debootstrap from where this machine's apt has its packages.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../../src/lab/command.ts';

const RELEASE = 'bookworm';
// What a person has before the README's first line: an init system with its bus, git, make and certificates.
const PACKAGES = ['systemd', 'systemd-sysv', 'dbus', 'git', 'make', 'ca-certificates'];
const CACHE = join(import.meta.dirname, '../../.make');
const BASE = join(CACHE, `debian-${RELEASE}`);
// A hundred packages, fetched and unpacked while other tests run.
const MAKE_TIMEOUT_MS = 900_000;

/** Its folder, which is for reading only. */
export async function debianRoot(): Promise<string> {
  if (!existsSync(BASE)) await makeBase();
  return BASE;
}

async function makeBase(): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const fresh = `${BASE}.${process.pid}`;
  try {
    const options = ['--variant=minbase', `--include=${PACKAGES.join(',')}`];
    await mustRun(['debootstrap', ...options, RELEASE, fresh, await findMirror()], {
      timeoutMs: MAKE_TIMEOUT_MS,
    });
    const archives = join(fresh, 'var/cache/apt/archives');
    for (const name of readdirSync(archives)) {
      if (name.endsWith('.deb')) rmSync(join(archives, name));
    }
    // Where the README's "Node 20.19 or newer" is mounted.
    for (const name of ['npm', 'npx']) {
      symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(fresh, 'usr/local/bin', name));
    }
    renameSync(fresh, BASE);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function findMirror(): Promise<string> {
  const targets = await mustRun([
    'apt-get',
    'indextargets',
    '--format',
    '$(RELEASE) $(COMPONENT) $(REPO_URI)',
  ]);
  const lines = targets.split('\n').map((line) => line.split(' '));
  const mirror = lines.find(([release, component]) => release === RELEASE && component === 'main')?.[2];
  if (mirror === undefined) {
    throw new Error(
      `apt has no source of ${RELEASE} main on this machine; add one to /etc/apt and try again`,
    );
  }
  return mirror;
}
