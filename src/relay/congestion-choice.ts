// Which congestion control a flow's upstream gets, by what its paths are like.
import { setCongestion } from '../linux/congestion.ts';
import type { PathHints } from '../transport/handshake.ts';

/** Names of the kernel's; undefined leaves a socket with the kernel's default. */
export interface CongestionChoice {
  readonly usual: string | undefined;
  readonly lossy: string | undefined;
}

/** Whether flows over lossy paths get one that does not take every loss for a full queue. */
export function bearsLoss({ lossy }: CongestionChoice): boolean {
  return lossy?.startsWith('bbr') ?? false;
}

/** For flows that run and seem to lose packets; undefined where they have it from their start. */
export function congestionForLoss({ usual, lossy }: CongestionChoice): string | undefined {
  return lossy === usual ? undefined : lossy;
}

export function congestionFor(choice: CongestionChoice, { isLossy }: PathHints): string | undefined {
  return isLossy ? choice.lossy : choice.usual;
}

/** For a socket that has the usual one already. */
export function adjustCongestion(fd: number, choice: CongestionChoice, hints: PathHints): void {
  if (hints.isLossy && choice.lossy !== undefined) setCongestion(fd, choice.lossy);
}
