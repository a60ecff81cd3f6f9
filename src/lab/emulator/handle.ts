// The parent's side of the link emulator: starts the process, talks to it line by line, ends it.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { builtProgram } from '../../base/package-files.ts';
import { WanbondError } from '../../base/error.ts';
import type { LinkStats } from './emulator.ts';
import type { DirectionSettings } from './link.ts';
import type { Command, EmulatorSpec, LinkSpec } from './spec.ts';

// It answers SIGTERM and the end of stdin within a quarter of a second; after this it hangs.
const STOP_LIMIT_MS = 3000;
const STDERR_KEPT_CHARACTERS = 4000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
type Direction = 'aToB' | 'bToA';

interface Waiting {
  resolve(line: string): void;
  reject(error: WanbondError): void;
}

export interface EmulatorOptions {
  /** Try real-time priority; a refusal is in `notes()`. */
  readonly realtime?: boolean;
}

export class Emulator {
  readonly #child: Child;
  readonly #waiting: Waiting[] = [];
  #stderr = '';
  #dead = false;
  /** Resolves when the process has ended, wanted or not. */
  readonly ended: Promise<void>;

  constructor(child: Child) {
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT_CHARACTERS);
    });
    // Writing to a process that just died is answered by `close`, not here.
    child.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.#dead = true;
        for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#death());
        resolve();
      };
      child.on('error', (error) => {
        this.#stderr += error.message;
        end();
      });
      child.on('close', end);
    });
  }

  /** The process id, for CPU accounting. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What the process said on stderr, such as that real-time priority was refused. */
  notes(): string {
    return this.#stderr.trim();
  }

  /**
   * Changes settings of a link, in both directions unless one is named. Resolves when they hold, with the moment
   * since when: milliseconds of CLOCK_MONOTONIC.
   */
  async set(link: string, set: Partial<DirectionSettings>, direction?: Direction): Promise<number> {
    return await this.#change(direction === undefined ? { link, set } : { link, direction, set });
  }

  /** Plugs the cable in or out, at both ends unless one is named; what was on its way is lost. Resolves as set(). */
  async carrier(link: string, carrier: boolean, end?: 'a' | 'b'): Promise<number> {
    return await this.#change(end === undefined ? { link, carrier } : { link, carrier, end });
  }

  /** By link name. Counters since the start, lateness since the previous call. */
  async stats(): Promise<Record<string, LinkStats>> {
    const { links } = (await this.#ask({ stats: true })) as { links: Record<string, LinkStats> };
    return links;
  }

  /** Ends the process and with it the devices; harmless when it has ended. */
  async stop(): Promise<void> {
    if (!this.#dead) this.#child.stdin.end();
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    await this.ended;
    clearTimeout(killer);
  }

  /** The next line that the process prints. @throws WanbondError `emulator-died` */
  nextLine(): Promise<string> {
    if (this.#dead) return Promise.reject(this.#death());
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async #change(command: Command): Promise<number> {
    const { atMs } = (await this.#ask(command)) as { atMs: number };
    return atMs;
  }

  async #ask(command: Command): Promise<unknown> {
    const line = this.nextLine();
    if (!this.#dead) this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    const reply = JSON.parse(await line) as { error?: string };
    if (reply.error === undefined) return reply;
    throw new WanbondError({
      code: 'emulator-refused',
      message: `the link emulator refused ${JSON.stringify(command)}: ${reply.error}`,
      hint: 'Check the link name and the values.',
    });
  }

  #death(): WanbondError {
    // Our own last word is one line; of a stack trace the line that names the error is the one to show.
    const lines = this.notes().split('\n');
    const said = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1);
    return new WanbondError({
      code: 'emulator-died',
      message: `the link emulator has ended${said ? `: ${said}` : ''}`,
      hint: 'Run as root on a kernel with TUN; the namespaces of its links must exist.',
    });
  }
}

/** Starts the emulator; resolves when all links are up, without addresses. */
export async function startEmulator(
  links: readonly LinkSpec[],
  options: EmulatorOptions = {},
): Promise<Emulator> {
  const spec: EmulatorSpec = { realtime: options.realtime ?? false, links: [...links] };
  const child = spawn(process.execPath, [builtProgram('lab-emulator'), JSON.stringify(spec)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const emulator = new Emulator(child);
  await emulator.nextLine();
  return emulator;
}
