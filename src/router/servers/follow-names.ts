// Keeps the addresses of the servers' names up to date. The last good answer is kept, also over a restart: a server
// that was there an hour ago is a better guess than none.
import { describe } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { NameAnswers } from '../../wan/servers/known-servers.ts';
import { type AskingWan, lookUpNames } from '../../wan/servers/look-up-names.ts';
import { namesText, readNames, writeNames } from '../../wan/servers/names-file.ts';
import { readResolvers } from '../../wan/servers/resolver-files.ts';

// As dynamic DNS services recommend for their own records; the answer of a resolver's cache costs nothing.
const REFRESH_MS = 60_000;
const FIRST_RETRY_MS = 1000;

export interface NameFollower {
  readonly answers: NameAnswers;
  /** A WAN came up, or the server is lost: what was not found, or has moved, may be found now. */
  hurry(): void;
  stop(): void;
}

export interface NameFollowerParts {
  readonly names: readonly string[];
  /** Newer than what is kept on disk. */
  readonly known?: NameAnswers;
  readonly directory: string;
  readonly log: Log;
  wans(): readonly AskingWan[];
  onChange(answers: NameAnswers): void;
}

export function followNames(parts: NameFollowerParts): NameFollower {
  const { names, directory, log } = parts;
  let answers: NameAnswers = new Map([...readNames(directory, names), ...(parts.known ?? [])]);
  let timer: NodeJS.Timeout | undefined;
  let retryMs = FIRST_RETRY_MS;
  let isAsking = false;
  let isStopped = names.length === 0;

  const ask = async (): Promise<void> => {
    isAsking = true;
    const fresh = await lookUp(parts);
    isAsking = false;
    if (isStopped) return;
    const next = new Map([...answers, ...fresh]);
    const isComplete = names.every((name) => fresh.has(name));
    retryMs = isComplete ? FIRST_RETRY_MS : Math.min(REFRESH_MS, retryMs * 2);
    if (namesText(next) !== namesText(answers)) {
      answers = next;
      log.info({ names: JSON.parse(namesText(next)) as unknown }, 'the name of a server has new addresses');
      keep(parts, next);
      parts.onChange(next);
    }
    schedule(isComplete ? REFRESH_MS : retryMs);
  };
  const schedule = (inMs: number): void => {
    clearTimeout(timer);
    if (isStopped) return;
    timer = setTimeout(() => void ask(), inMs);
    timer.unref();
  };
  schedule(0);

  return {
    get answers() {
      return answers;
    },
    hurry: () => {
      if (!isAsking && !isStopped) schedule(0);
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** What cannot be asked now is asked again like a name that is not found: flows have the last good answer. */
async function lookUp(parts: NameFollowerParts): Promise<NameAnswers> {
  try {
    return await lookUpNames(parts.names, parts.wans(), readResolvers());
  } catch (error) {
    parts.log.warn(
      `the names of the servers cannot be looked up: ${describe(error)}; they keep the addresses they had, and are looked up again`,
    );
    return new Map();
  }
}

function keep({ directory, log }: NameFollowerParts, answers: NameAnswers): void {
  try {
    writeNames(directory, answers);
  } catch (error) {
    log.warn(
      `the addresses of the servers cannot be kept in ${directory} for the next start: ${describe(error)}; make the folder writable, or name another as data-dir`,
    );
  }
}
