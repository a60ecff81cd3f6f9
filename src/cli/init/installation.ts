// What `init` makes on a host, each thing recorded before it is made, so that `uninstall` removes exactly that.
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WanbondError } from '../../base/error.ts';
import { INSTALLED_FILE } from '../../setup/places.ts';
import { type FileOwner, replaceFile } from '../replace-file.ts';

interface Installed {
  readonly format: 1;
  readonly directories: readonly string[];
  readonly files: readonly string[];
  /** A system user that did not exist before. */
  readonly user: string | null;
}

const NOTHING: Installed = { format: 1, directories: [], files: [], user: null };

export class Installation {
  readonly #root: string;
  #installed: Installed;

  /** @param root what stands for `/`. @throws WanbondError `bad-installed` when the record cannot be understood, `no-root` */
  constructor(root: string) {
    if (!existsSync(root)) throw noRoot(root);
    this.#root = root;
    this.#installed = this.#read();
  }

  get files(): readonly string[] {
    return this.#installed.files;
  }

  get user(): string | undefined {
    return this.#installed.user ?? undefined;
  }

  /** Where `path` of the host really lies. */
  at(path: string): string {
    return join(this.#root, path);
  }

  has(path: string): boolean {
    return existsSync(this.at(path));
  }

  /** @throws WanbondError `not-ours` when there is such a file that `init` did not make. */
  refuseForeign(path: string): void {
    if (!this.has(path) || this.#installed.files.includes(path)) return;
    throw new WanbondError({
      code: 'not-ours',
      message: `${path} exists, and \`wanbond init\` did not make it`,
      hint: 'Remove it or move it away, then run this again.',
    });
  }

  /** Writes a file as a whole, or not at all. */
  writeFile(path: string, text: string, mode: number, owner: FileOwner = { uid: 0, gid: 0 }): void {
    this.#makeDirectory(dirname(path));
    this.#record({ files: unique([...this.#installed.files, path]) });
    replaceFile(this.at(path), text, mode, owner);
  }

  recordUser(name: string): void {
    this.#record({ user: name });
  }

  forgetUser(): void {
    this.#record({ user: null });
  }

  /** Removes a file of ours; false when it was gone already. */
  removeFile(path: string): boolean {
    const wasThere = this.has(path);
    rmSync(this.at(path), { force: true });
    this.#record({ files: this.#installed.files.filter((one) => one !== path) });
    return wasThere;
  }

  /** The record itself, and the folders of ours that are empty without it. Returns what is gone. */
  finish(): string[] {
    rmSync(this.at(INSTALLED_FILE), { force: true });
    const directories = this.#installed.directories.toReversed();
    this.#installed = NOTHING;
    return directories.filter((directory) => {
      try {
        rmdirSync(this.at(directory));
        return true;
      } catch {
        return false; // not empty: what lies there is not ours
      }
    });
  }

  #makeDirectory(path: string): void {
    if (this.has(path)) return;
    this.#makeDirectory(dirname(path));
    // Made by now when it is the folder of the record, which the one above it brought about.
    if (!this.has(path)) mkdirSync(this.at(path), { mode: 0o755 });
    this.#record({ directories: unique([...this.#installed.directories, path]) });
  }

  #record(change: Partial<Installed>): void {
    const next = { ...this.#installed, ...change };
    const directory = dirname(INSTALLED_FILE);
    if (!this.has(directory)) {
      mkdirSync(this.at(directory), { mode: 0o755 });
      this.#installed = { ...next, directories: unique([...next.directories, directory]) };
    } else this.#installed = next;
    const text = `${JSON.stringify(this.#installed, undefined, 2)}\n`;
    replaceFile(this.at(INSTALLED_FILE), text, 0o644, { uid: 0, gid: 0 });
  }

  #read(): Installed {
    const file = this.at(INSTALLED_FILE);
    if (!existsSync(file)) return NOTHING;
    try {
      const read = JSON.parse(readFileSync(file, 'utf8')) as Installed;
      if (read.format !== 1) throw new Error('unknown format');
      return read;
    } catch (cause) {
      throw new WanbondError({
        code: 'bad-installed',
        message: `cannot understand ${file}, the record of what was installed`,
        hint: 'Look at it; if it is damaged, remove it, and by hand what docs/install.md lists.',
        cause,
      });
    }
  }
}

function noRoot(root: string): WanbondError {
  return new WanbondError({
    code: 'no-root',
    message: `there is no ${root} to install below`,
    hint: 'Make it first, or correct --root.',
  });
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
