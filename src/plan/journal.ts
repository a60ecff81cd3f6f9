// The record of what was changed and how to take it back. It outlives the daemon: `down` works from it.
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WanbondError } from '../base/error.ts';
import type { Undo } from './step.ts';

const FORMAT = 1;

export class Journal {
  private readonly directory: string;
  private readonly file: string;
  private undos: Undo[];

  /** Reads what an earlier run left. @throws WanbondError `bad-journal` */
  constructor(stateDir: string) {
    this.directory = stateDir;
    this.file = join(stateDir, 'journal.json');
    this.undos = this.read();
  }

  /** In the order in which the steps were taken. */
  get entries(): readonly Undo[] {
    return this.undos;
  }

  /** Written before the step is taken: a crash between the two leaves an undo that finds nothing to do. */
  add(undo: Undo): void {
    this.undos = [...this.undos, undo];
    this.write();
  }

  remove(undo: Undo): void {
    this.undos = this.undos.filter((one) => one !== undo);
    this.write();
  }

  private read(): Undo[] {
    let text: string;
    try {
      // Root would carry out whatever another user wrote there.
      if (process.getuid?.() === 0 && lstatSync(this.file).uid !== 0) throw new Error('root does not own it');
      text = readFileSync(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw this.bad(error);
    }
    try {
      const parsed = JSON.parse(text) as { format: number; undos: Undo[] };
      if (parsed.format !== FORMAT || !Array.isArray(parsed.undos)) throw new Error('unknown format');
      return parsed.undos;
    } catch (error) {
      throw this.bad(error);
    }
  }

  private write(): void {
    if (this.undos.length === 0) {
      rmSync(this.file, { force: true });
      return;
    }
    mkdirSync(this.directory, { recursive: true, mode: 0o755 });
    const fresh = `${this.file}.new`;
    writeFileSync(fresh, `${JSON.stringify({ format: FORMAT, undos: this.undos }, undefined, 2)}\n`, {
      mode: 0o644,
    });
    renameSync(fresh, this.file);
  }

  private bad(cause: unknown): WanbondError {
    return new WanbondError({
      code: 'bad-journal',
      message: `the record of changed settings cannot be read: ${this.file}`,
      hint: 'Look at it; if it is damaged, remove it and take back by hand what `wanbond plan --undo` prints.',
      cause,
    });
  }
}
