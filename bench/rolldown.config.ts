// The bench and its load programs as files that Node can run.
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

export default defineConfig({
  input: {
    bench: join(import.meta.dirname, 'main.ts'),
    load: join(import.meta.dirname, 'load/main.ts'),
  },
  platform: 'node',
  external: ['koffi'],
  output: {
    dir: join(import.meta.dirname, '../.make/bench'),
    format: 'esm',
    cleanDir: true,
    entryFileNames: '[name].js',
  },
});
