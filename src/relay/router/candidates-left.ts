// A WAN dies under connections that stand on it alone: where else they can go.
import type { Candidate, WanPolicy } from './router-policy.ts';

/** Those of `candidates` whose WAN is alive; none while `wan`, on which the connection stands, is alive itself. */
export function candidatesLeft(
  candidates: readonly Candidate[],
  wan: string,
  wans: readonly Pick<WanPolicy, 'name' | 'isSilent'>[],
): Candidate[] {
  const isAlive = (name: string): boolean => wans.some((one) => one.name === name && !one.isSilent);
  return isAlive(wan) ? [] : candidates.filter((candidate) => isAlive(candidate.wan));
}
