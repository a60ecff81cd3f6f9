// Where the built programs of test/peers lie.
import { join } from 'node:path';

export const builtPeer = (name: string): string =>
  join(import.meta.dirname, '../../.make/peers', `${name}.js`);
