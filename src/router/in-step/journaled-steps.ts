// What the running router has changed on the host: adds to it and takes back of it, by kind.
import { applyPlan, takeBack } from '../../linux/apply-plan.ts';
import type { Nftables } from '../../linux/nftables.ts';
import type { HostFacts } from '../../plan/host-facts.ts';
import type { Journal } from '../../plan/journal.ts';
import type { Step, Undo } from '../../plan/step.ts';

export class JournaledSteps {
  private readonly journal: Journal;
  private readonly nftables: Nftables;

  constructor(journal: Journal, nftables: Nftables) {
    this.journal = journal;
    this.nftables = nftables;
  }

  ofKind<K extends Undo['kind']>(kind: K): Extract<Undo, { kind: K }>[] {
    return this.journal.entries.filter((undo): undo is Extract<Undo, { kind: K }> => undo.kind === kind);
  }

  /** @throws WanbondError */
  apply(steps: readonly Step[], facts: HostFacts): void {
    if (steps.length > 0) applyPlan(steps, facts, this.journal, this.nftables);
  }

  /** First these go, then those come, each for itself. Returns the failures. @param facts without what goes */
  exchange(undos: readonly Undo[], steps: readonly Step[], facts: HostFacts): unknown[] {
    const failures = takeBack(undos, this.journal);
    for (const step of steps) {
      try {
        this.apply([step], facts);
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }

  /** @throws the first failure, after all were tried */
  takeBack(undos: readonly Undo[]): void {
    const [failure] = takeBack(undos, this.journal);
    if (failure) throw failure;
  }
}
