// Takes over a changed config file while the daemon runs: all of it, or nothing.
import { realpathSync } from 'node:fs';
import * as z from 'zod';
import { describe, WanbondError } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { ConfigDiff } from '../config/diff.ts';
import type { Loaded } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { type ControlRequest, controlRequest } from './control-request.ts';

/** `file`: an absolute path; only the file that the daemon was started with is taken over. */
const reloadRequest = z.strictObject({ file: z.string() });
export type ReloadRequest = z.infer<typeof reloadRequest>;

export interface ReloadAnswer {
  /** One line per change; empty when nothing has changed. */
  readonly changed: readonly string[];
  /** What the operator should know of the file. */
  readonly warnings: readonly string[];
}

export interface ReloadParts<C> {
  readonly file: string;
  /** What the daemon was started with. */
  readonly config: C;
  readonly log: Log;
  /** @throws ConfigError with all problems of the file. */
  load(file: string): Loaded<C>;
  diff(before: C, after: C): ConfigDiff;
  /** All of it, or nothing. @throws WanbondError */
  reconfigure(next: C): void;
}

export class Reloader<C> {
  private readonly parts: ReloadParts<C>;
  private current: C;

  constructor(parts: ReloadParts<C>) {
    this.parts = parts;
    this.current = parts.config;
  }

  /** In force. */
  get config(): C {
    return this.current;
  }

  /** For the control socket. */
  get request(): ControlRequest {
    return controlRequest(reloadRequest, ({ file }) => {
      if (!isSameFile(file, this.parts.file)) throw otherFile(file, this.parts.file);
      return this.reload();
    });
  }

  /** @throws WanbondError when the file is refused; the log tells why, too. */
  reload(): ReloadAnswer {
    const { file, log } = this.parts;
    try {
      const loaded = this.parts.load(file);
      const warnings = loaded.warnings.map((problem) => formatProblem(file, problem));
      const { changed, needsRestart } = this.parts.diff(this.current, loaded.config);
      if (needsRestart.length > 0) throw restartNeeded(needsRestart);
      if (changed.length > 0) this.parts.reconfigure(loaded.config);
      this.current = loaded.config;
      for (const line of warnings) log.warn(line);
      for (const line of changed) log.info(`config: ${line}`);
      log.info(changed.length > 0 ? 'the config is taken over' : 'the config has not changed');
      return { changed, warnings };
    } catch (error) {
      const hint = error instanceof WanbondError ? error.hint : undefined;
      for (const line of describe(error).split('\n')) log.error({ hint }, `config not taken over: ${line}`);
      throw error;
    }
  }
}

function isSameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return a === b;
  }
}

function otherFile(asked: string, own: string): WanbondError {
  return new WanbondError({
    code: 'other-file',
    message: `the daemon runs with ${own}, not with ${asked}`,
    hint: `Change that file, then \`wanbond reload -c ${own}\`.`,
  });
}

function restartNeeded(keys: readonly string[]): WanbondError {
  return new WanbondError({
    code: 'restart-needed',
    message: `nothing was taken over: ${keys.join(', ')} cannot change while the daemon runs`,
    hint: 'Restart the daemon, or put back what was changed there and reload again.',
  });
}
