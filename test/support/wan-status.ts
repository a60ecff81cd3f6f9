// How a running router of a lab judges its WANs.
import type { Lab } from '../../src/lab/lab.ts';
import { wanbond } from './wanbond.ts';

export interface WanStatus {
  readonly name: string;
  /** Undefined when it is well. */
  readonly trouble?: string;
  readonly health?: string;
}

export async function wanStatus(lab: Lab, name: string): Promise<WanStatus> {
  const { stdout } = await wanbond(lab.hosts.router, 'status', '-c', lab.files.configFile('router'));
  return (JSON.parse(stdout) as { wans: WanStatus[] }).wans.find((wan) => wan.name === name) as WanStatus;
}

/** Nothing is wrong with it, and its probes are answered. */
export async function isWanWell(lab: Lab, name: string): Promise<boolean> {
  const { trouble, health } = await wanStatus(lab, name);
  return trouble === undefined && health === 'up';
}
