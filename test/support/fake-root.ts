// A small root file system for `--root`: as much of a host as installing looks at, and what became of it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandResult } from '../../src/lab/command.ts';
import type { Host } from '../../src/lab/host.ts';
import { wanbond } from './wanbond.ts';

// Without the copies that useradd and userdel keep of what they change.
const LIST = `find . ! -name '*-' -printf '%p %M %U:%G\\n' | sort
find . -type f ! -name '*-' -exec sha256sum {} + | sort`;

export class FakeRoot {
  readonly path: string;

  constructor(path: string, { systemd }: { systemd: boolean }) {
    this.path = path;
    for (const folder of ['etc/systemd/system', 'usr/lib/systemd']) {
      mkdirSync(join(path, folder), { recursive: true });
    }
    writeFileSync(this.at('/etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
    writeFileSync(this.at('/etc/group'), 'root:x:0:\n');
    for (const name of ['shadow', 'gshadow']) writeFileSync(this.at(`/etc/${name}`), '', { mode: 0o640 });
    if (systemd) writeFileSync(this.at('/usr/lib/systemd/systemd'), '');
  }

  at(path: string): string {
    return join(this.path, path);
  }

  read(path: string): string {
    return readFileSync(this.at(path), 'utf8');
  }

  modeOf(path: string): number {
    return statSync(this.at(path)).mode & 0o777;
  }

  /** Every file with its mode, owner and sum. */
  tree(): string {
    return execFileSync('sh', ['-ec', LIST], { cwd: this.path, encoding: 'utf8' });
  }

  /** A command of `host` on this root. */
  run(host: Host, ...args: readonly string[]): Promise<CommandResult> {
    return wanbond(host, ...args, '--root', this.path);
  }
}
