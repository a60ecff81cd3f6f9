// Cuts one emulated link of a lab as a cut spec says, and restores it.
import type { CutSpec } from './cut-spec.ts';
import type { Emulator } from '../emulator/handle.ts';
import type { Lab } from '../lab.ts';

type Cut = Pick<CutSpec, 'wan' | 'kind' | 'direction'>;

/** Resolves with the moment since when it is cut, on CLOCK_MONOTONIC. */
export async function cutLink(lab: Lab, cut: Cut): Promise<number> {
  const { emulator } = linkOf(lab, cut);
  if (cut.kind === 'carrier') return await emulator.carrier(cut.wan, false, 'a');
  return await emulator.set(cut.wan, { lossRatio: 1 }, way(cut));
}

/** Harmless when it is not cut. Resolves like cutLink. */
export async function restoreLink(lab: Lab, cut: Cut): Promise<number> {
  const { emulator, lossRatio } = linkOf(lab, cut);
  if (cut.kind === 'carrier') return await emulator.carrier(cut.wan, true, 'a');
  return await emulator.set(cut.wan, { lossRatio }, way(cut));
}

/** Links have their end `a` at the router. */
function way({ direction }: Cut): 'aToB' | 'bToA' | undefined {
  return direction === 'both' ? undefined : direction === 'up' ? 'aToB' : 'bToA';
}

function linkOf(lab: Lab, { wan }: Cut): { emulator: Emulator; lossRatio: number } {
  const link = lab.wanLinks[lab.wans.findIndex(({ name }) => name === wan)];
  if (!lab.emulator || link?.kind !== 'emulated') throw new RangeError(`${wan} of this lab cannot be cut`);
  return { emulator: lab.emulator, lossRatio: link.spec.lossRatio };
}
