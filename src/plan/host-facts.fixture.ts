// A host on which nothing is set up yet, for tests.
import type { HostFacts } from './host-facts.ts';

export function hostFacts(parts: Partial<HostFacts> = {}): HostFacts {
  return {
    sysctls: new Map(),
    memoryBytes: 2 ** 32,
    rules: [],
    localRoutes: [],
    limits: undefined,
    endpoints: [],
    interfaces: [],
    tables: new Map(),
    ...parts,
  };
}
