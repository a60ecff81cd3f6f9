// Calls one function of the kernel's path manager, or applies endpoint steps as a daemon does, and prints what is there
// afterwards as JSON. Arguments: what to do, and its argument as JSON with addresses as text.
import { openSync } from 'node:fs';
import { formatAddress, parseAddress } from '../../src/base/address.ts';
import { applyPlan, undoAll } from '../../src/linux/apply-plan.ts';
import { readHostFacts } from '../../src/linux/host-facts.ts';
import * as pathManager from '../../src/linux/netlink/path-manager.ts';
import { Journal } from '../../src/plan/journal.ts';

const [what, text = '{}'] = process.argv.slice(2);
const given = JSON.parse(text);
const withAddress = (one) => ({ ...one, address: parseAddress(one.address) });

const ACTIONS = {
  show: () => undefined,
  add: () => pathManager.addEndpoint(withAddress(given)),
  delete: () => pathManager.deleteEndpoint(given.id),
  flags: () => pathManager.setEndpointFlags(given.id, given.flags),
  limits: () => pathManager.setLimits(given),
  apply: () => {
    const steps = given.steps.map((step) => ({ kind: 'endpoint', ...withAddress(step) }));
    applyPlan(steps, readHostFacts([], undefined), new Journal(given.stateDir), undefined);
  },
  undo: () => {
    const journal = new Journal(given.stateDir);
    if (given.isFull) takeAllDescriptors();
    undoAll(journal);
  },
};

function takeAllDescriptors() {
  try {
    for (;;) openSync('/dev/null');
  } catch {
    // There is none left.
  }
}

try {
  ACTIONS[what]();
  const endpoints = pathManager
    .listEndpoints()
    .map((one) => ({ ...one, address: formatAddress(one.address) }));
  const limits = pathManager.getLimits();
  process.stdout.write(JSON.stringify({ endpoints, limits }));
} catch (error) {
  process.stdout.write(
    JSON.stringify({ error: { code: error.code, message: error.message, hint: error.hint } }),
  );
}
