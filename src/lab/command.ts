// Runs one program to its end and collects what it said.
import { spawn } from 'node:child_process';
import { WanbondError } from '../base/error.ts';

export interface CommandOptions {
  readonly input?: string;
  /** The program is killed after this and counts as failed. */
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Never throws for what the program does, only when it cannot be started. */
export function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      ...(options.env && { env: options.env }),
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // A program that ends without reading its input is no failure of ours.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', (cause) => reject(failed(argv, cause.message, cause)));
    child.on('close', (code) => resolve({ stdout, stderr, code: code ?? undefined }));
  });
}

/** The output of a command that must succeed. @throws WanbondError `command-failed` */
export async function mustRun(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { stdout, stderr, code } = await runCommand(argv, options);
  if (code === 0) return stdout;
  const said = (stderr || stdout).trim().split('\n').slice(-5).join('; ');
  throw failed(argv, said || (code === undefined ? 'killed' : `exit ${code}`));
}

function failed(argv: readonly string[], what: string, cause?: unknown): WanbondError {
  return new WanbondError({
    code: 'command-failed',
    message: `${argv.join(' ').slice(0, 200)}: ${what}`,
    hint: 'Run as root, with iproute2 and nftables installed.',
    cause,
  });
}
