// A Debian root booted with its own systemd in the network namespace of a lab host (systemd-nspawn).
import { type CommandResult, runCommand } from '../../src/lab/command.ts';
import type { Host } from '../../src/lab/host.ts';
import { LabProcess } from '../../src/lab/lab-process.ts';
import { GROUP_TREES, reapLeftovers, removeLeftovers } from './nspawn-leftovers.ts';
import { npmCache, outsideFiles, wayOut } from './outside-files.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';

// Each machine in a control group of its own, or their systemds would end each other's services.
const START = `name=$1; shift
for tree in ${GROUP_TREES.join(' ')}; do
  [ -e $tree/cgroup.procs ] || continue
  mkdir $tree/$name
  echo $$ > $tree/$name/cgroup.procs
done
exec systemd-nspawn "$@"`;
// What installing a package may set must not be set on the machine that runs the lab.
const READ_ONLY_SETTINGS = 'mount -o remount,bind,ro /proc/sys/net';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const BOOT_TIMEOUT_MS = 120_000;
const COMMAND_TIMEOUT_MS = 900_000;
const STOP_TIMEOUT_MS = 30_000;

export class DebianMachine {
  readonly host: Host;
  readonly #supervisor: LabProcess;
  #initPid = 0;

  private constructor(root: string, host: Host, extra: readonly string[]) {
    this.host = host;
    // The isolation is nspawn's: own mounts, processes and /tmp, and of /proc/sys only net can be written.
    const argv = [
      ...['--quiet', '--boot', '--register=no', '--keep-unit', `--directory=${root}`],
      // What it writes is in memory, above the root, and is gone with it.
      '--volatile=overlay',
      ...[`--machine=${host.namespace}`, `--network-namespace-path=/run/netns/${host.namespace}`],
      // Which root has on every other machine too.
      '--capability=CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYS_RESOURCE',
      ...['--resolv-conf=off', '--timezone=off', '--link-journal=no', '--console=read-only'],
      ...extra,
    ];
    this.#supervisor = new LabProcess(['sh', '-ec', START, 'sh', host.namespace, ...argv], {
      label: `Debian on ${host.name}`,
      // Several machines may have the same root below them.
      env: { PATH, SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'network', SYSTEMD_NSPAWN_LOCK: '0' },
    });
  }

  /** Boots `root`, with this machine's Node, npm and apt settings in it; `mounts` maps further folders into it. */
  static async boot(
    root: string,
    host: Host,
    mounts: Readonly<Record<string, string>>,
  ): Promise<DebianMachine> {
    const readOnly = Object.entries({ ...(await outsideFiles()), ...mounts }).map(
      ([outside, inside]) => `--bind-ro=${outside}:${inside}`,
    );
    reapLeftovers();
    const machine = new DebianMachine(root, host, [...readOnly, `--bind=${await npmCache()}:/root/.npm`]);
    try {
      await machine.#waitForBoot();
      return machine;
    } catch (error) {
      await machine.close();
      throw error;
    }
  }

  /** Its root, seen from outside. */
  get root(): string {
    return `/proc/${this.#initPid}/root`;
  }

  /** Runs shell lines as root, at home, in the lab's network. */
  run(script: string): Promise<CommandResult> {
    return this.#enter('lab', script);
  }

  /** The output of shell lines that must succeed. */
  async must(script: string): Promise<string> {
    return output(script, await this.run(script));
  }

  /** As must, in the network of the machine that runs the lab: for what has to be fetched. */
  async mustOutside(script: string): Promise<string> {
    return output(script, await this.#enter('outside', script));
  }

  /** As a person at a terminal, who answers the one question with yes. Output and errors are one text there. */
  async agreeTo(command: string): Promise<string> {
    // Typed before it asks: the terminal keeps it.
    return this.must(`(echo y; sleep 1) | script -qec ${quote(command)} /dev/null`);
  }

  /** What systemd says of a unit. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.must(`systemctl show --value -p ${name} ${unit}`)).trim();
  }

  /** Shuts it down and removes what its boot has made outside of `root`; harmless when called again. */
  async close(): Promise<void> {
    await this.#supervisor.stop(STOP_TIMEOUT_MS);
    removeLeftovers(this.host.namespace);
  }

  async #waitForBoot(): Promise<void> {
    const pid = String(this.#supervisor.pid);
    await waitUntil(
      `${this.host.name} is booted`,
      async () => {
        if (this.#supervisor.exit) throw this.#supervisor.error('no-boot', 'ended');
        const children = await runCommand(['pgrep', '--parent', pid, '--exact', 'systemd']);
        this.#initPid = Number(children.stdout.trim());
        if (this.#initPid === 0) return false;
        const { stdout } = await this.run('systemctl is-system-running; systemctl --failed --no-legend');
        if (/^(degraded|maintenance)/.test(stdout)) throw new Error(`a bad boot: ${stdout}`);
        return stdout.startsWith('running');
      },
      BOOT_TIMEOUT_MS,
    );
  }

  #enter(network: 'lab' | 'outside', script: string): Promise<CommandResult> {
    const isLab = network === 'lab';
    return runCommand(
      [
        ...['nsenter', `--target=${this.#initPid}`, '--mount', '--uts', '--ipc', '--pid', '--cgroup'],
        ...(isLab ? ['--net'] : ['unshare', '--mount']),
        ...['env', '-i', `PATH=${PATH}`, 'HOME=/root', 'LANG=C.UTF-8', ...(isLab ? [] : wayOut())],
        ...['bash', '-ec', [...(isLab ? [] : [READ_ONLY_SETTINGS]), 'cd', script].join('\n')],
      ],
      { timeoutMs: COMMAND_TIMEOUT_MS },
    );
  }
}

function output(script: string, { stdout, stderr, code }: CommandResult): string {
  if (code === 0) return stdout;
  throw new Error(`${script}: exit ${code}\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
