// Runs a program to its end, bytes in and bytes out: sources and patches are not always UTF-8.
import { spawn } from 'node:child_process';
import { WanbondError } from '../base/error.ts';

export interface ProgramOptions {
  readonly input?: Buffer | string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Finished {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: Buffer;
  readonly stderr: string;
}

// What git takes from a caller that is git itself (a hook, an alias): it would work on another repository than the one named.
const OTHER_REPOSITORY = new Set([
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_PREFIX',
]);

/** Never throws for what the program does. @throws WanbondError `no-program` when it is not installed */
export function runProgram(
  program: 'git' | 'patch',
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Finished> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OTHER_REPOSITORY.has(name)));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      // Their words are read.
      env: { ...env, LC_ALL: 'C', ...options.env },
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
    // A program that ends without reading its input is no failure of ours.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', (cause) => reject(notStarted(program, cause)));
    child.on('close', (code) =>
      resolve({
        code: code ?? undefined,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
}

function notStarted(program: string, cause: Error): WanbondError {
  return new WanbondError({
    code: 'no-program',
    message: `cannot run ${program}: ${cause.message}`,
    hint: `Install it: the package is called ${program} everywhere.`,
    cause,
  });
}
