// The package builder as a file that Node can run.
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

export default defineConfig({
  input: { build: join(import.meta.dirname, 'build/main.ts') },
  platform: 'node',
  output: {
    dir: join(import.meta.dirname, '../../.make/openwrt'),
    format: 'esm',
    entryFileNames: '[name].js',
  },
});
