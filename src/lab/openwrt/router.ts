// The router's program inside a root file system of OpenWrt: config as UCI, rendered inside, started as the service starts it.
import { mkdirSync } from 'node:fs';
import { describe, WanbondError } from '../../base/error.ts';
import { DAEMON_NODE_FLAGS } from '../../base/package-files.ts';
import type { ConfigTable } from '../../config/toml-writer.ts';
import { RENDERED_FILE, UCI_FILE } from '../../openwrt/places.ts';
import { renderUci } from '../../openwrt/uci-text.ts';
import { uciSections } from '../../openwrt/write-uci-config.ts';
import type { Host } from '../host.ts';
import type { LabProcess } from '../lab-process.ts';
import { mergeConfig } from '../program-config.ts';
import { type ProgramOptions, untilReady } from '../programs.ts';
import { Box } from './box.ts';
import { startFw4 } from './firewall.ts';
import type { PreparedRoot } from './prepare-root.ts';
import { LAUNCHER, SHELL } from './root-facts.ts';
import { askVersions, type Versions } from './versions.ts';

/** What the router ran with; names are an interface, as in LabDocument. */
export interface OpenwrtFigures {
  /** As it was given. */
  readonly rootfs: string;
  /** Like "OpenWrt 24.10.4 r28959-29397011cc". */
  readonly release: string;
  readonly node: string;
  readonly musl: string;
  readonly wanbond: string;
  readonly program: PreparedRoot['programFrom'];
  /** Whether its own `uci` has read our config. */
  readonly uci: boolean;
  /** Whether its own fw4 was loaded, with zones that reject input. */
  readonly fw4: boolean;
}

/** It is root inside, and Node is started by the package's launcher. */
type StartOptions = Pick<ProgramOptions, 'overrides' | 'env' | 'waitForReady'>;

// As OpenWrt's boot makes them.
const MAKE_FOLDERS = 'mkdir -p /var/etc /var/lib /var/lock /var/log /var/run /var/state';
const WRITE_CONFIG = `umask 077 && rm -f ${UCI_FILE} && mkdir -p ${UCI_FILE.replace(/\/[^/]*$/, '')} && cat >${UCI_FILE}`;
// The role and the limits are those of the init script.
const START = `ulimit -n 65536; exec ${LAUNCHER} "$(sed -n 's/^# Role: //p' ${RENDERED_FILE})" -c ${RENDERED_FILE}`;

export class OpenwrtRouter {
  readonly figures: OpenwrtFigures;
  readonly #box: Box;

  private constructor(box: Box, root: PreparedRoot, versions: Versions) {
    this.#box = box;
    this.figures = {
      rootfs: root.rootfs,
      release: root.facts.release?.description ?? '',
      ...versions,
      program: root.programFrom,
      uci: root.facts.hasUci,
      fw4: root.facts.hasFw4,
    };
  }

  /**
   * Mounts the root, looks whether its programs run and starts its firewall.
   * @param at a folder that is not there yet @param wans devices
   * @throws WanbondError
   */
  static async boot(
    host: Host,
    at: string,
    root: PreparedRoot,
    wans: readonly string[],
  ): Promise<OpenwrtRouter> {
    mkdirSync(at);
    const box = await Box.boot(host, at, root.layers);
    await box.must([SHELL, '-c', MAKE_FOLDERS]);
    const versions = await askVersions(box, root.node.path, root.cpu.loader);
    if (root.facts.hasFw4) await startFw4(box, host, wans);
    return new OpenwrtRouter(box, root, versions);
  }

  /** The words that run `argv` inside, from the router's namespace. */
  enter(argv: readonly string[]): string[] {
    return this.#box.enter(argv);
  }

  /** Writes the config into it and starts the router there; resolves when it says that it is ready. */
  async start(base: ConfigTable, options: StartOptions): Promise<LabProcess> {
    await this.#write(mergeConfig(base, options.overrides ?? {}));
    const env = { NODE_OPTIONS: DAEMON_NODE_FLAGS.join(' '), ...options.env };
    const started = this.#box.spawn([SHELL, '-c', START], { label: 'router in OpenWrt', env });
    if (options.waitForReady ?? true) await untilReady(started);
    return started;
  }

  async #write(config: ConfigTable): Promise<void> {
    // Where it keeps its state is the package's choice, inside.
    const own = mergeConfig(config, { 'state-dir': undefined, 'data-dir': undefined });
    await this.#box.must([SHELL, '-c', WRITE_CONFIG], { input: renderUci(uciSections('router', own)) });
    try {
      if (this.figures.uci) await this.#box.must(['/sbin/uci', 'get', 'wanbond.main.role']);
      await this.#box.must([LAUNCHER, 'uci', 'render', '-o', RENDERED_FILE]);
    } catch (cause) {
      throw new WanbondError({
        code: 'uci-fails',
        message: `the router's config is not taken inside the root file system: ${describe(cause)}`,
        hint: 'Is wanbond in it older than this one? Give a package of this version with --package.',
        cause,
      });
    }
  }
}
