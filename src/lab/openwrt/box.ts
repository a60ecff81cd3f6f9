// A lab host with a root file system of its own, which nobody else sees mounted; it is gone with the last of its processes.
import { WanbondError } from '../../base/error.ts';
import type { CommandOptions, CommandResult } from '../command.ts';
import type { Host } from '../host.ts';
import type { LabProcess, SpawnOptions } from '../lab-process.ts';
import { mountPlan } from './mount-plan.ts';

// Ours must not reach into it: Node's options, the shell's, the terminal's.
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };
const MOUNTED = 'mounted';
const MOUNT_TIMEOUT_MS = 20_000;

export class Box {
  readonly #host: Host;
  readonly #keeper: LabProcess;
  readonly #root: string;

  private constructor(host: Host, keeper: LabProcess, root: string) {
    this.#host = host;
    this.#keeper = keeper;
    this.#root = root;
  }

  /**
   * @param at an empty folder, which stays empty for everybody else
   * @param layers absolute folders, the topmost first
   * @throws WanbondError `cannot-mount`
   */
  static async boot(host: Host, at: string, layers: readonly string[]): Promise<Box> {
    const { root, script } = mountPlan(at, layers);
    // Whoever keeps a mount namespace is one of the host's processes, which the lab ends.
    const keeping = `${script}echo ${MOUNTED}\nexec sleep infinity\n`;
    const keeper = host.spawn(['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', keeping], {
      label: `root file system of ${host.name}`,
    });
    try {
      await keeper.waitFor(new RegExp(`^${MOUNTED}$`), MOUNT_TIMEOUT_MS);
    } catch (cause) {
      throw new WanbondError({
        code: 'cannot-mount',
        message: `cannot mount a layer in memory over ${layers.at(-1)}: ${keeper.stderr.slice(-2).join('; ')}`,
        hint: 'Look whether the kernel has overlayfs (`modprobe overlay`) and this container may mount; try with a copy of the folder on another file system.',
        cause,
      });
    }
    return new Box(host, keeper, root);
  }

  /** The words that run `argv` in it, from the host's namespace. */
  enter(argv: readonly string[]): string[] {
    return ['nsenter', `--target=${this.#keeper.pid}`, '--mount', 'chroot', this.#root, ...argv];
  }

  exec(argv: readonly string[], { env, ...options }: CommandOptions = {}): Promise<CommandResult> {
    return this.#host.exec(this.enter(argv), { ...options, env: { ...ENV, ...env } });
  }

  must(argv: readonly string[], { env, ...options }: CommandOptions = {}): Promise<string> {
    return this.#host.must(this.enter(argv), { ...options, env: { ...ENV, ...env } });
  }

  spawn(argv: readonly string[], { env, ...options }: SpawnOptions): LabProcess {
    return this.#host.spawn(this.enter(argv), { ...options, env: { ...ENV, ...env } });
  }
}
