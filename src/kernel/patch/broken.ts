// Whose fault it is that a patch does not apply.
import type { VerifiedPatch } from './verify.ts';

/** Whether the build would stop here because of the new patches. */
export function breaks({ fit, place, isBrokenAnyway }: VerifiedPatch): boolean {
  return fit === 'failed' && place !== 'before' && !isBrokenAnyway;
}
