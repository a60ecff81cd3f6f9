// Builds the test network, runs wanbond's own programs in it and removes everything again.
import { WanbondError } from '../base/error.ts';
import { MAX_WANS, ORIGIN, type WanAddresses } from './addresses.ts';
import { mustRun } from './command.ts';
import { type Emulator, startEmulator } from './emulator/handle.ts';
import { Host } from './host.ts';
import type { LabProcess } from './lab-process.ts';
import { cuttable, parseWanLink, type WanLink } from './link-kind.ts';
import type { ConfigTable } from '../config/toml-writer.ts';
import { type OpenwrtOptions, prepareRoot } from './openwrt/prepare-root.ts';
import { OpenwrtRouter } from './openwrt/router.ts';
import { CONVERT_PORT, mergeConfig, routerConfig, serverConfig } from './program-config.ts';
import { ProgramFiles, type ProgramOptions } from './programs.ts';
import { reapStaleRuns, removeRun, runDirectory } from './reap.ts';
import { HOST_NAMES, type HostName, namespaceName, newRunName } from './run-name.ts';
import { renderTopology, type Topology, wanUpLines } from './topology.ts';
import { startOrigin, type TrafficTarget } from './traffic-programs.ts';

export interface LabOptions {
  /** As for `--wan`: `50mbit`, `20mbit,delay=30ms,loss=0.1%`, or `unshaped`. */
  readonly wans: readonly string[];
  /** IPv6 default routes `from` each WAN's prefix, as OpenWrt has them. */
  readonly sourceSpecific?: boolean;
  /** By which family the router reaches the server, and `target` is given. Hosts and WANs always have both. */
  readonly family?: 4 | 6;
  readonly transport?: string;
  /** Shaped WANs without delay run through the emulator too, which alone can cut a link. */
  readonly cuttable?: boolean;
  /** Runs the router inside a root file system of OpenWrt. */
  readonly openwrt?: OpenwrtOptions | undefined;
}

export interface TransportOption {
  /** Another one than the lab's. */
  readonly transport?: string;
}

export interface RouterOptions extends ProgramOptions, TransportOption {
  /** Names of the WANs that it may use; all by default. */
  readonly wans?: readonly string[];
}

const CLOSING_ORDER: readonly (readonly HostName[])[] = [['lan', 'origin'], ['router', 'server'], ['net']];
const ORIGIN_PORT = 5001;
const BANNER_PORT = 5002;

export class Lab {
  readonly run: string;
  readonly hosts: Readonly<Record<HostName, Host>>;
  readonly wans: readonly WanAddresses[];
  readonly wanLinks: readonly WanLink[];
  readonly files: ProgramFiles;
  readonly #options: LabOptions;
  readonly #topology: Topology;
  readonly #removeAtExit = (): void => removeRun(this.run);
  #emulator: Emulator | undefined;
  #openwrt: OpenwrtRouter | undefined;
  #closed = false;

  /** Use buildLab. */
  constructor(options: LabOptions) {
    this.#options = options;
    const links = options.wans.map(parseWanLink);
    this.wanLinks = options.cuttable ? links.map(cuttable) : links;
    if (this.wanLinks.length === 0 || this.wanLinks.length > MAX_WANS) {
      throw new WanbondError({
        code: 'bad-wan-count',
        message: `a lab has 1 to ${MAX_WANS} WANs, not ${this.wanLinks.length}`,
        hint: 'Give --wan once per WAN.',
      });
    }
    this.run = newRunName(process.pid);
    this.hosts = Object.fromEntries(
      HOST_NAMES.map((name) => [name, new Host(this.run, name)]),
    ) as Lab['hosts'];
    this.#topology = renderTopology(this.run, {
      wans: this.wanLinks,
      sourceSpecific: options.sourceSpecific ?? false,
      isServerInPath: options.transport === 'direct',
    });
    this.wans = this.#topology.wans;
    process.on('exit', this.#removeAtExit);
    this.files = new ProgramFiles(runDirectory(this.run));
  }

  /** Where LAN programs connect to; the origin listens after startOrigin(). */
  get target(): TrafficTarget {
    const address = this.#options.family === 6 ? ORIGIN.address6 : ORIGIN.address4;
    return { address, port: ORIGIN_PORT, bannerPort: BANNER_PORT };
  }

  /** Of the connections that the router opens: to the server, or to the target itself. */
  get upstreamPort(): number {
    return this.#transport === 'direct' ? ORIGIN_PORT : CONVERT_PORT;
  }

  /** The emulator of WANs with delay, jitter or loss, or that can be cut; undefined when there are none. */
  get emulator(): Emulator | undefined {
    return this.#emulator;
  }

  /** What the router runs inside of; undefined: on this machine. */
  get openwrt(): OpenwrtRouter | undefined {
    return this.#openwrt;
  }

  async build(): Promise<void> {
    const { links, emulated, hosts } = this.#topology;
    const { openwrt } = this.#options;
    const root = openwrt && (await prepareRoot(openwrt, this.files.folder('openwrt')));
    const namespaces = HOST_NAMES.map((name) => `netns add ${namespaceName(this.run, name)}\n`);
    await mustRun(['ip', '-batch', '-'], { input: namespaces.join('') });
    // Before any link: a new link takes over the defaults.
    await Promise.all(HOST_NAMES.map((name) => this.hosts[name].writeSysctls(hosts[name].sysctls)));
    await mustRun(['ip', '-batch', '-'], { input: `${links.join('\n')}\n` });
    if (emulated.length > 0) {
      this.#emulator = await startEmulator(emulated, { realtime: true });
    }
    await Promise.all(HOST_NAMES.map((name) => this.hosts[name].apply(hosts[name])));
    if (root) {
      const devices = this.wans.map(({ device }) => device);
      this.#openwrt = await OpenwrtRouter.boot(this.hosts.router, this.files.folder('box'), root, devices);
    }
  }

  startServer(options: ProgramOptions & TransportOption = {}): Promise<LabProcess> {
    return this.files.start(this.hosts.server, 'server', this.#serverBase(options), options);
  }

  startRouter(options: RouterOptions = {}): Promise<LabProcess> {
    if (this.#openwrt) return this.#openwrt.start(this.#routerBase(options), options);
    return this.files.start(this.hosts.router, 'router', this.#routerBase(options), options);
  }

  /** Writes another config for the server that runs; returns its path. */
  writeServerConfig(overrides: ConfigTable): string {
    return this.files.write('server', mergeConfig(this.#serverBase({}), overrides));
  }

  /** Writes another config for the router that runs; returns its path. */
  writeRouterConfig({ overrides = {}, ...options }: Pick<RouterOptions, 'wans' | 'overrides'>): string {
    return this.files.write('router', mergeConfig(this.#routerBase(options), overrides));
  }

  startOrigin(): Promise<LabProcess> {
    return startOrigin(this.hosts.origin, this.target);
  }

  /** Pulls the plug of a WAN on the router's side (its routes go with it), or puts it back with them. */
  async setWan(name: string, state: 'up' | 'down'): Promise<void> {
    const wan = this.wans.find((one) => one.name === name);
    if (!wan) throw new RangeError(`the lab has no ${name}`);
    const sourceSpecific = this.#options.sourceSpecific ?? false;
    const down = [`link set dev ${wan.device} down`];
    await this.hosts.router.ip(state === 'up' ? wanUpLines(wan, { sourceSpecific }) : down);
  }

  /** Ends what was started and removes what was made; harmless when called again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // Traffic first: with no flow left, router and server have nothing to drain.
    for (const names of CLOSING_ORDER) {
      await Promise.all(names.flatMap((name) => this.hosts[name].processes).map((one) => one.stop()));
    }
    await this.#emulator?.stop();
    removeRun(this.run);
    process.off('exit', this.#removeAtExit);
  }

  #serverBase({ transport = this.#transport }: TransportOption): ConfigTable {
    return serverConfig({
      stateDir: this.files.stateDir('server'),
      key: this.files.key,
      transport,
      targetPorts: [ORIGIN_PORT, BANNER_PORT],
    });
  }

  #routerBase({ wans, transport = this.#transport }: Pick<RouterOptions, 'wans' | 'transport'>): ConfigTable {
    return routerConfig({
      wans: this.wans.filter(({ name }) => wans?.includes(name) ?? true),
      serverFamilies: [this.#options.family ?? 4],
      stateDir: this.files.stateDir('router'),
      dataDir: this.files.dataDir,
      key: this.files.key,
      transport,
    });
  }

  get #transport(): string {
    return this.#options.transport ?? 'convert';
  }
}

/** A lab that is up, without programs; on failure nothing is left. */
export async function buildLab(options: LabOptions): Promise<Lab> {
  reapStaleRuns();
  const lab = new Lab(options);
  try {
    await lab.build();
    return lab;
  } catch (error) {
    await lab.close();
    throw error;
  }
}
