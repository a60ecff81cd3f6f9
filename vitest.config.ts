// Three suites: unit tests beside their source, lab tests (root, network namespaces), and the measuring lab tests,
// which have the machine to themselves.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          testTimeout: 20_000,
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/*.test.ts'],
          globalSetup: 'test/support/build-programs.ts',
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
          globalSetup: 'test/support/build-programs.ts',
          fileParallelism: false,
          maxConcurrency: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
