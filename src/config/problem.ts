// What is wrong with a config file: every mistake with its position, and the error that carries them all.
import { WanbondError } from '../base/error.ts';

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number;
}

export interface Problem extends Position {
  /** The key as the operator writes it, like `wan[1].interface`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What to do, as an imperative sentence. */
  readonly hint: string;
}

/** @param path empty for the file as a whole, or where the place says enough */
export function problemAt({ line, column }: Position, path: string, message: string, hint: string): Problem {
  return { line, column, path, message, hint };
}

/** Error `bad-config`: its message has one line per problem, in the order of the file. */
export class ConfigError extends WanbondError {
  readonly file: string;
  readonly problems: readonly Problem[];

  /** @param checkedBy the command that shows whether anything is left */
  constructor(
    file: string,
    problems: readonly Problem[],
    cause?: unknown,
    checkedBy = `wanbond check -c ${file}`,
  ) {
    super({
      code: 'bad-config',
      message: problems.map((problem) => formatProblem(file, problem)).join('\n'),
      hint: `Correct ${file}; \`${checkedBy}\` shows whether anything is left.`,
      cause,
    });
    this.file = file;
    this.problems = problems;
  }
}

/** `file:line:column: path: what is wrong; what to do` */
export function formatProblem(file: string, { line, column, path, message, hint }: Problem): string {
  const what = path === '' ? message : `${path}: ${message}`;
  return `${file}:${line}:${column}: ${what}; ${hint.charAt(0).toLowerCase()}${hint.slice(1)}`;
}

/** `wan[1].interface`, with quotes around a part that TOML would not take bare. */
export function formatPath(path: readonly PropertyKey[]): string {
  let out = '';
  for (const part of path) {
    if (typeof part === 'number') out += `[${part}]`;
    else {
      const text = String(part);
      out += `${out === '' ? '' : '.'}${/^[\w-]+$/.test(text) ? text : JSON.stringify(text)}`;
    }
  }
  return out;
}
