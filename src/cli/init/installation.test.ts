// Where `init` installs to.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Installation } from './installation.ts';

test('a root that is not there is refused, and not made', () => {
  expect(() => new Installation(join(tmpdir(), 'wanbond-test-nowhere'))).toThrow(
    expect.objectContaining({ code: 'no-root', message: expect.stringContaining('wanbond-test-nowhere') }),
  );
});
