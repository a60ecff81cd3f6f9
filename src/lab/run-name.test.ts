import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOST_NAMES, namespaceName, newRunName, ownerPid } from './run-name.ts';

test('the owner can be read from every name', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 22 }), fc.constantFrom(...HOST_NAMES), (pid, host) => {
      const run = newRunName(pid);
      expect(ownerPid(run)).toBe(pid);
      expect(ownerPid(namespaceName(run, host))).toBe(pid);
    }),
  );
});

test('names of others have no owner', () => {
  for (const name of ['wb', 'wb-1', 'wbemu0', 'mynet', 'wb-zz-12345', 'wb-1-abcd-lan-x', 'x-wb-1-abcd-lan']) {
    expect(ownerPid(name)).toBeUndefined();
  }
});
