// One machine of the lab: a network namespace in which programs can be run.
import { type CommandOptions, type CommandResult, mustRun, runCommand } from './command.ts';
import { LabProcess, type SpawnOptions } from './lab-process.ts';
import { type HostName, namespaceName } from './run-name.ts';
import type { HostSetup } from './topology.ts';

export class Host {
  readonly name: HostName;
  readonly namespace: string;
  readonly #processes = new Set<LabProcess>();

  constructor(run: string, name: HostName) {
    this.name = name;
    this.namespace = namespaceName(run, name);
  }

  /** Started here and still running. */
  get processes(): readonly LabProcess[] {
    return [...this.#processes];
  }

  /** Runs a program to its end, whatever that is. */
  exec(argv: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    return runCommand(this.enter(argv), options);
  }

  /** The output of a program that must succeed. @throws WanbondError `command-failed` */
  must(argv: readonly string[], options?: CommandOptions): Promise<string> {
    return mustRun(this.enter(argv), options);
  }

  /** Starts a program that runs on; the lab's end ends it. */
  spawn(argv: readonly string[], options: SpawnOptions = {}): LabProcess {
    const label = options.label ?? `${argv[0]} on ${this.name}`;
    const started = new LabProcess(this.enter(argv), { ...options, label });
    this.#processes.add(started);
    void started.exited.then(() => this.#processes.delete(started));
    return started;
  }

  enter(argv: readonly string[]): string[] {
    return ['ip', 'netns', 'exec', this.namespace, ...argv];
  }

  /** Lines for `ip`, in one run. */
  async ip(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    // `ip` guesses the family from the first address of a line; a `from` prefix is one.
    await mustRun(['ip', '-n', this.namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  async writeSysctls(sysctls: ReadonlyMap<string, string>): Promise<void> {
    const script = [...sysctls].map(([path, value]) => `echo '${value}' > /proc/sys/${path}`).join('\n');
    await this.must(['sh', '-e'], { input: `${script}\n` });
  }

  async apply(setup: HostSetup): Promise<void> {
    await this.ip(setup.ip);
    if (setup.tc.length > 0) {
      await mustRun(['tc', '-n', this.namespace, '-batch', '-'], { input: `${setup.tc.join('\n')}\n` });
    }
    if (setup.nft !== undefined) await this.must(['nft', '-f', '-'], { input: setup.nft });
  }
}
