// A routing rule as the kernel tells it, for tests.
import type { RuleFact } from './rule-fact.ts';

/** Of all packets, into a table of its own. */
export function ruleFact(priority: number, parts: Partial<RuleFact> = {}): RuleFact {
  return {
    family: 4,
    priority,
    isNegated: false,
    mark: undefined,
    mask: 0xffff_ffff,
    table: 55,
    suppressPrefixLength: undefined,
    device: undefined,
    isNarrow: false,
    ...parts,
  };
}
