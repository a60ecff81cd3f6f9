// The lab programs of the tests that are made of wanbond's own source, as files that Node can run.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

const PEERS = join(import.meta.dirname, 'peers');

export default defineConfig({
  input: readdirSync(PEERS).map((file) => join(PEERS, file)),
  platform: 'node',
  external: ['koffi'],
  output: {
    dir: join(import.meta.dirname, '../.make/peers'),
    format: 'esm',
    cleanDir: true,
    entryFileNames: '[name].js',
  },
});
