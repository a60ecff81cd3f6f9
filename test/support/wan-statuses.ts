// The WANs of the lab's router as it sees them, asked through its control socket.
import { askControl } from '../../src/control/control-socket.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { WanStatus } from '../../src/router/report/wan-status.ts';
import type { PathMeasurement } from '../../src/wan/probe/probe-path.ts';

export type SeenWan = WanStatus & Partial<Omit<PathMeasurement, 'seenAs'>>;

/** In the order of the config. */
export async function wanStatuses(lab: Lab): Promise<SeenWan[]> {
  return ((await askControl(lab.files.stateDir('router'), 'status')) as { wans: SeenWan[] }).wans;
}

export async function wanStatus(lab: Lab, name: string): Promise<SeenWan> {
  return (await wanStatuses(lab)).find((wan) => wan.name === name) as SeenWan;
}

/** Nothing is wrong with it, and its probes are answered. */
export const isWell = ({ trouble, health }: SeenWan): boolean => trouble === undefined && health === 'up';

export async function isWanWell(lab: Lab, name: string): Promise<boolean> {
  return isWell(await wanStatus(lab, name));
}
