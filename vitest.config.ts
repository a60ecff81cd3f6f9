// Three suites: unit tests beside their source, lab tests (root, network namespaces), and the measuring lab tests,
// which have the machine to themselves.
import { defineConfig } from 'vitest/config';

// Labs share two cores with each other and with whatever else the machine does: a test that fails is tried once more, and
// those that needed it are listed by name at the end, as they are next to be looked at. `make test` gives what failed twice
// the machine to itself.
const LAB = { globalSetup: 'test/support/build-programs.ts', retry: 1 };

export default defineConfig({
  test: {
    reporters: ['./test/support/flaky-labs.ts', 'default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'bench/**/*.test.ts', 'packaging/**/*.test.ts'],
          testTimeout: 20_000,
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/*.test.ts'],
          ...LAB,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'measure',
          include: ['test/measure/*.test.ts'],
          ...LAB,
          fileParallelism: false,
          maxConcurrency: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
