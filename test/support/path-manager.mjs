// Calls one function of the kernel's path manager, or applies endpoint steps as a daemon does, and prints what is there
// afterwards as JSON. Arguments: what to do, and its argument as JSON with addresses as text.
import { formatAddress, parseAddress } from '../../dist/base/address.js';
import { applyPlan, undoAll } from '../../dist/linux/apply-plan.js';
import { readHostFacts } from '../../dist/linux/host-facts.js';
import * as pathManager from '../../dist/linux/netlink/path-manager.js';
import { Journal } from '../../dist/plan/journal.js';

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
  undo: () => undoAll(new Journal(given.stateDir)),
};

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
