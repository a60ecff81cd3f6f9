// Applies steps as a daemon does, or takes back what it has recorded. Arguments: `apply` or `undo`, the state directory,
// and the steps as JSON.
import { applyPlan, undoAll } from '../../src/linux/apply-plan.ts';
import { readHostFacts } from '../../src/linux/host-facts.ts';
import { Journal } from '../../src/plan/journal.ts';

const [what, stateDir, steps = '[]'] = process.argv.slice(2);
const journal = new Journal(stateDir);
try {
  if (what === 'apply') applyPlan(JSON.parse(steps), readHostFacts([], undefined), journal, undefined);
  else undoAll(journal);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
