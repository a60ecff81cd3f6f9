// A small package for the tests, with what is special: a config, an empty file, folders below a folder with files.
import type { PackageParts } from './package-parts.ts';

const file = (path: string, mode: number, words: string) => ({ path, mode, data: Buffer.from(words) });

export const EXAMPLE: PackageParts = {
  version: '1.2.3-r1',
  architecture: 'aarch64_generic',
  description: 'Bonds.',
  depends: ['b', 'kmod-a', 'a'],
  files: [
    file('usr/lib/wanbond/node', 0o755, 'node'),
    file('usr/lib/wanbond/dist/main.js', 0o644, 'main'.repeat(200)),
    file('usr/lib/wanbond/empty', 0o644, ''),
    file('etc/config/wanbond', 0o600, 'config'),
  ],
  conffiles: ['/etc/config/wanbond'],
  scripts: {
    postinst: '#!/bin/sh\necho installed\n',
    prerm: '#!/bin/sh\n',
    postrm: '#!/bin/sh\necho removed\n',
  },
  // Beyond the 28 bits of a small number.
  time: 1_700_000_000,
};
