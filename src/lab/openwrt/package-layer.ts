// Unpacks a package of ours into a folder, which is then laid over a root file system.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, WanbondError } from '../../base/error.ts';
import { readPackage } from '../../openwrt/apk-reader.ts';
import { mustRun } from '../command.ts';

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const ADB_MAGIC = Buffer.from('ADBd');
const UNPACK_IPK = 'tar -xzOf "$1" ./data.tar.gz | tar -xzpf - -C "$2"';
const UNPACK_TIMEOUT_MS = 120_000;

/** @param folder made if it is not there @throws WanbondError `bad-package` */
export async function unpackPackage(file: string, folder: string): Promise<void> {
  try {
    const bytes = readFileSync(file);
    mkdirSync(folder, { recursive: true });
    const begins = (magic: Buffer): boolean => bytes.subarray(0, magic.length).equals(magic);
    if (begins(ADB_MAGIC)) unpackApk(bytes, folder);
    else if (begins(GZIP_MAGIC)) {
      await mustRun(['sh', '-ec', UNPACK_IPK, 'sh', file, folder], { timeoutMs: UNPACK_TIMEOUT_MS });
    } else throw new Error('neither an .ipk nor an .apk of format 3');
  } catch (cause) {
    throw new WanbondError({
      code: 'bad-package',
      message: `cannot unpack ${file}: ${describe(cause)}`,
      hint: 'Give a package that `make openwrt` built for the CPU of this machine.',
      cause,
    });
  }
}

function unpackApk(bytes: Buffer, folder: string): void {
  for (const { path, acl, data } of readPackage(bytes).files) {
    if (normalize(path) !== path || path.startsWith('..')) throw new Error(`a file at ${path}`);
    const to = join(folder, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, data, { mode: acl.mode });
  }
}
