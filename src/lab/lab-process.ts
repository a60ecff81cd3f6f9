// A long-running program inside a lab host: its lines, its end, and how to end it.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { WanbondError } from '../base/error.ts';

export interface Exit {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface SpawnOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** For messages; the program's name otherwise. */
  readonly label?: string;
}

// The newest lines are what a message needs; a chatty program must not fill the memory.
const KEPT_LINES = 20_000;
const MESSAGE_LINES = 5;
const HURRY_AFTER_MS = 1000;
const DEFAULT_GRACE_MS = 5000;

export class LabProcess {
  readonly label: string;
  readonly exited: Promise<Exit>;
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(line: string) => void>();
  #exit: Exit | undefined;

  constructor(argv: readonly string[], options: SpawnOptions & { label: string }) {
    this.label = options.label;
    const [program = '', ...rest] = argv;
    // Its own process group: a Ctrl-C at the terminal reaches only the lab, which ends its programs in order.
    const child = spawn(program, rest, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.env && { env: options.env }),
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    });
    this.#child = child;
    this.#collect(child.stdout, this.stdout);
    this.#collect(child.stderr, this.stderr);
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        this.#exit ??= exit;
        resolve(this.#exit);
      };
      child.on('error', (error) => {
        this.stderr.push(error.message);
        end({ code: undefined, signal: undefined });
      });
      child.on('close', (code, signal) => end({ code: code ?? undefined, signal: signal ?? undefined }));
    });
  }

  /** `ip netns exec` becomes the program, so this is the program's own pid. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  #collect(stream: NodeJS.ReadableStream | null, into: string[]): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (line) => {
      into.push(line);
      if (into.length > KEPT_LINES) into.splice(0, KEPT_LINES / 2);
      for (const listener of this.#listeners) listener(line);
    });
  }

  /** Calls `listener` with every further line of either stream; returns how to stop that. */
  onLine(listener: (line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The first line, of those that came and those to come, that matches.
   * @throws WanbondError `lab-program-ended` or `lab-program-silent`
   */
  async waitFor(pattern: RegExp, timeoutMs: number): Promise<string> {
    const match = (line: string): boolean => line.search(pattern) >= 0;
    const seen = [...this.stdout, ...this.stderr].find(match);
    if (seen !== undefined) return seen;
    let timer: NodeJS.Timeout | undefined;
    let unsubscribe = (): void => undefined;
    try {
      return await new Promise<string>((resolve, reject) => {
        unsubscribe = this.onLine((line) => {
          if (match(line)) resolve(line);
        });
        timer = setTimeout(() => {
          reject(this.error('lab-program-silent', `did not say ${pattern} within ${timeoutMs} ms`));
        }, timeoutMs);
        void this.exited.then(() => reject(this.error('lab-program-ended', 'ended')));
      });
    } finally {
      clearTimeout(timer);
      unsubscribe();
    }
  }

  /** Sends a signal to the program and what it started; harmless after its end. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    if (this.#exit || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It has just ended by itself.
    }
  }

  /**
   * SIGTERM, again a second later (a daemon of ours then gives up the flows it was draining: what is left in the
   * buffers of a slow link takes longer than anyone wants to wait), and SIGKILL after `graceMs`.
   */
  async stop(graceMs = DEFAULT_GRACE_MS): Promise<Exit> {
    this.kill('SIGTERM');
    const hurry = setTimeout(() => this.kill('SIGTERM'), HURRY_AFTER_MS);
    const killer = setTimeout(() => this.kill('SIGKILL'), graceMs);
    const exit = await this.exited;
    clearTimeout(hurry);
    clearTimeout(killer);
    return exit;
  }

  /** An error about this program that carries its last words. */
  error(code: string, what: string): WanbondError {
    const words = (this.stderr.length > 0 ? this.stderr : this.stdout).slice(-MESSAGE_LINES).join('; ');
    const exit = this.#exit && ` (${this.#exit.signal ?? `exit ${this.#exit.code}`})`;
    return new WanbondError({
      code,
      message: `${this.label} ${what}${exit ?? ''}${words && `; it last said: ${words}`}`,
      hint: 'Run the lab with --keep and start the program by hand to see more.',
    });
  }
}
