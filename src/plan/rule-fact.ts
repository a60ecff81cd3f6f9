// A routing rule as the kernel has it, and whether it is one that we would make.
import type { Family } from '../base/address.ts';
import type { MarkRule } from './step.ts';

/** One line of `ip rule`. */
export interface RuleFact {
  readonly family: Family;
  readonly priority: number;
  /** `not`: it is about everything but what it says. */
  readonly isNegated: boolean;
  readonly mark: number | undefined;
  /** Of the mark; all bits when the rule names none. */
  readonly mask: number;
  /** Undefined when it leads to no table (blackhole, unreachable). */
  readonly table: number | undefined;
  /** Routes with prefixes up to this length do not count: 0 is the default route. */
  readonly suppressPrefixLength: number | undefined;
  /** Only what comes in by this interface. */
  readonly device: string | undefined;
  /** Limited to some packets by more than mark and interface (addresses, ports), or a jump to another rule. */
  readonly isNarrow: boolean;
}

/** Whether it does what `rule` does, and nothing else. */
export function isRule(fact: RuleFact, rule: Omit<MarkRule, 'kind'>): boolean {
  return fact.family === rule.family && fact.priority === rule.priority && isLike(fact, rule);
}

/** The same wherever it stands, for whatever family. */
export function isLike(fact: RuleFact, rule: Pick<MarkRule, 'device' | 'mark' | 'mask' | 'table'>): boolean {
  return (
    fact.device === rule.device &&
    fact.mark === rule.mark &&
    fact.mask === rule.mask &&
    fact.table === rule.table &&
    fact.suppressPrefixLength === undefined &&
    !fact.isNegated &&
    !fact.isNarrow
  );
}
