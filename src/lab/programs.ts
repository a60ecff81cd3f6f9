// Starts the real router and server programs in their hosts, with generated keys and configs in a private directory.
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtProgram, DAEMON_NODE_FLAGS } from '../base/package-files.ts';
import type { Host } from './host.ts';
import type { LabProcess } from './lab-process.ts';
import { mergeConfig } from './program-config.ts';
import { type ConfigTable, renderToml } from '../config/toml-writer.ts';

export interface ProgramOptions {
  /** Merged into the lab's config; see mergeConfig. */
  readonly overrides?: ConfigTable;
  /** Run as this user and group, with no capabilities but these. */
  readonly userId?: number;
  /** As setpriv names them, like `net_admin`. */
  readonly capabilities?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Options of node itself. */
  readonly nodeArguments?: readonly string[];
  /** Do not wait for readiness: for programs that are meant to fail. */
  readonly waitForReady?: boolean;
}

// A second; on a busy machine of two cores with several labs starting at once it was seen to take more than twenty.
const READY_TIMEOUT_MS = 60_000;
const READY = /\bready\b/;

/** Until a started router or server says that it is ready. @throws as LabProcess.waitFor */
export async function untilReady(started: LabProcess): Promise<void> {
  await started.waitFor(READY, READY_TIMEOUT_MS);
}

export class ProgramFiles {
  readonly #directory: string;
  /** Base64 of the key that router and server share. */
  readonly key = randomBytes(32).toString('base64');

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { mode: 0o700 });
  }

  configFile(role: 'router' | 'server'): string {
    return join(this.#directory, `${role}.toml`);
  }

  /** A folder of this run for other things, which is not there yet. */
  folder(name: string): string {
    return join(this.#directory, name);
  }

  stateDir(role: 'router' | 'server'): string {
    return join(this.#directory, `${role}-state`);
  }

  /** Of the router: what it keeps from one run to the next. */
  get dataDir(): string {
    return join(this.#directory, 'data');
  }

  /** Writes the config of `role` and starts it; resolves when it says that it is ready. */
  async start(
    host: Host,
    role: 'router' | 'server',
    base: ConfigTable,
    options: ProgramOptions,
  ): Promise<LabProcess> {
    const file = this.write(role, mergeConfig(base, options.overrides ?? {}), options.userId);
    const started = host.spawn(
      [
        ...(options.userId === undefined ? [] : asUser(options.userId, options.capabilities ?? [])),
        process.execPath,
        ...DAEMON_NODE_FLAGS,
        ...(options.nodeArguments ?? []),
        builtProgram('main'),
        role,
        '-c',
        file,
      ],
      { label: role, env: { ...withoutNotify(process.env), ...options.env } },
    );
    if (options.waitForReady ?? true) await untilReady(started);
    return started;
  }

  /** Writes a config without starting anything; returns its path. */
  write(role: 'router' | 'server', config: ConfigTable, userId?: number): string {
    const file = this.configFile(role);
    writeFileSync(file, renderToml(config), { mode: 0o600 });
    if (userId !== undefined) {
      const state = this.stateDir(role);
      mkdirSync(state, { recursive: true, mode: 0o700 });
      for (const path of [file, state]) chownSync(path, userId, userId);
      // The user must get to them; what else lies there stays closed to it.
      chmodSync(this.#directory, 0o711);
    }
    return file;
  }
}

function asUser(userId: number, capabilities: readonly string[]): string[] {
  const id = String(userId);
  const kept = capabilities.map((name) => `,+${name}`).join('');
  return [
    'setpriv',
    `--reuid=${id}`,
    `--regid=${id}`,
    '--clear-groups',
    `--inh-caps=-all${kept}`,
    `--bounding-set=-all${kept}`,
    ...(kept === '' ? [] : [`--ambient-caps=-all${kept}`]),
  ];
}

/** The lab may itself run as a service; its programs must not report in its name. */
function withoutNotify(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NOTIFY_SOCKET: _, WATCHDOG_USEC: __, ...rest } = env;
  return rest;
}
