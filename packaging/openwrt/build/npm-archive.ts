// Packages of npm as package-lock.json pins them, for whatever CPU; fetched once.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { WanbondError } from '../../../src/base/error.ts';
import { untar } from './tar.ts';

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version: string; readonly integrity: string } | undefined>
  >;
}

/** As npm writes it: the algorithm, a dash, base64. */
export interface Pinned {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

/** @throws WanbondError `not-locked` */
export function pinnedIn(lockFile: string, name: string): Pinned {
  const lock = JSON.parse(readFileSync(lockFile, 'utf8')) as Lock;
  const found = lock.packages[`node_modules/${name}`];
  if (found) return { name, version: found.version, integrity: found.integrity };
  throw new WanbondError({
    code: 'not-locked',
    message: `${lockFile} knows no package ${name}`,
    hint: 'Run npm install, and see whether a dependency has changed its name.',
  });
}

/** Files by their path in the package. `cache` is a folder. @throws WanbondError `npm-failed` or `npm-integrity` */
export async function npmFiles(pinned: Pinned, cache: string): Promise<Map<string, Buffer>> {
  const archive = readFileSync(npmArchive(pinned, cache));
  const files = await untar(gunzipSync(archive));
  return new Map([...files].map(([path, data]) => [path.slice(path.indexOf('/') + 1), data]));
}

/** The path of the archive in `cache`, after checking it. @throws WanbondError `npm-failed` or `npm-integrity` */
export function npmArchive(pinned: Pinned, cache: string): string {
  const file = join(cache, `${pinned.name.replaceAll('/', '-').replace('@', '')}-${pinned.version}.tgz`);
  if (!existsSync(file)) fetch(pinned, file, cache);
  const [algorithm = '', wanted] = pinned.integrity.split('-', 2);
  const found = createHash(algorithm).update(readFileSync(file)).digest('base64');
  if (found === wanted) return file;
  throw new WanbondError({
    code: 'npm-integrity',
    message: `${file} is not what package-lock.json pins`,
    hint: 'Remove it and try again; if it comes back, the registry has something else.',
  });
}

function fetch({ name, version }: Pinned, file: string, cache: string): void {
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, 'fetch-'));
  try {
    const words = ['pack', `${name}@${version}`, '--silent', `--pack-destination=${scratch}`];
    execFileSync('npm', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    renameSync(join(scratch, readdirSync(scratch)[0] ?? ''), file);
  } catch (cause) {
    throw new WanbondError({
      code: 'npm-failed',
      message: `npm cannot fetch ${name} ${version}`,
      hint: `Try \`npm pack ${name}@${version}\` to see why.`,
      cause,
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
