// A lab for tests of `wanbond check` on the router: what a test sets up is undone after it, advice is followed as a person would.
import { expect } from 'vitest';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import { type Checked, type CheckRun, check, linesOf } from './check-findings.ts';
import { servePeers } from './peer.ts';
import { stopLeftRouters } from './stop-router.ts';

/** Of the peers at the origin, which tell the address that they see. */
export const PEER_PORT = 5003;
/** The router's own, unless its config says otherwise. */
export const MARK = '0x40000000';
// What has nothing to do with conflicts and depends on the machine.
const MACHINE = /^(open files|pipes|congestion control)$/;

export class CheckLab {
  readonly lab: Lab;
  readonly #cleanUp: (() => Promise<unknown>)[] = [];

  static async build(): Promise<CheckLab> {
    const lab = await buildLab({ wans: ['unshaped', 'unshaped', 'unshaped', 'unshaped', 'unshaped'] });
    await Promise.all([lab.startServer(), servePeers(lab.hosts.origin, PEER_PORT)]);
    return new CheckLab(lab);
  }

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  later(undo: () => Promise<unknown>): void {
    this.#cleanUp.push(undo);
  }

  async undo(): Promise<void> {
    await stopLeftRouters(this.lab);
    for (const undo of this.#cleanUp.splice(0).toReversed()) await undo();
  }

  /** Two of the five WANs, unless more are asked for. */
  look(run: CheckRun & { wans?: number } = {}): Promise<Checked> {
    const wan = this.lab.wans
      .slice(0, run.wans ?? 2)
      .map(({ name, device }) => ({ name, interface: device }));
    return check(this.lab, { network: false, ...run, overrides: { wan, ...run.overrides } });
  }

  async sh(script: string, undo?: string): Promise<void> {
    const { router } = this.lab.hosts;
    if (undo !== undefined) this.later(() => router.must(['sh', '-e'], { input: undo }));
    await router.must(['sh', '-e'], { input: script });
  }

  async nft(text: string): Promise<void> {
    const { router } = this.lab.hosts;
    const [, name] = /^table (\w+ \w+)/m.exec(text) ?? [];
    this.later(() => router.exec(['nft', 'delete', 'table', ...(name ?? '').split(' ')]));
    await router.must(['nft', '-f', '-'], { input: text });
  }

  /** Does the command that an advice names first, as a person would paste it. */
  async follow(advice: string): Promise<void> {
    const command = /`([^`]+)`/.exec(advice)?.[1];
    expect(command, advice).toBeDefined();
    await this.lab.hosts.router.must(['sh', '-e'], { input: `${command}\n` });
  }
}

/** All that is not ok. */
export function complaints(checked: Checked): string[] {
  return linesOf(checked).filter(
    (line) => !line.startsWith('ok ') && !MACHINE.test(line.replace(/^\w+ ([^:]*):.*/, '$1')),
  );
}
