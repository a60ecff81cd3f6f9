// One file per program and their shared parts, with all libraries but the native one in it: starts twice as fast as
// five hundred modules, and leaves a package that is a few files.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'rolldown';

export default defineConfig({
  input: {
    main: 'src/main.ts',
    'relay-worker': 'src/relay/worker.ts',
    'watch-worker': 'src/wan/watch/watch-worker.ts',
    'lab-emulator': 'src/lab/emulator/main.ts',
    'lab-traffic': 'src/lab/traffic/main.ts',
  },
  platform: 'node',
  // Native: its build for the machine at hand is found at run time.
  external: ['koffi'],
  plugins: [thirdPartyLicenses()],
  output: {
    dir: 'dist',
    format: 'esm',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk-[name].js',
    // V8 keeps the source of what is loaded, in each thread, with a character beyond Latin 1 at two bytes for each: without
    // white space and such characters a router takes a megabyte less. The names stay, for the traces of errors.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true, asciiOnly: true } },
  },
});

/** The licenses of the libraries in the bundle ask to come with it. */
function thirdPartyLicenses(): Plugin {
  return {
    name: 'third-party-licenses',
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
      const places = new Set(modules.map(packageOf).filter((place) => place !== undefined));
      const source = [...places]
        .toSorted((a, b) => a.localeCompare(b))
        .map(licenseOf)
        .join('\n\n');
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source });
    },
  };
}

const packageOf = (module: string): string | undefined =>
  /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module)?.[0];

function licenseOf(place: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const file = readdirSync(place).find((one) => /^licen[cs]e/i.test(one));
  const text = file === undefined ? `License: ${license}` : readFileSync(join(place, file), 'utf8');
  return `## ${name} ${version}\n\n${text.trim()}\n`;
}
