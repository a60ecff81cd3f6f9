// The commands that README.md tells a person to type.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const README = join(import.meta.dirname, '../../README.md');
// A block of shell lines, or a span of code within a sentence.
const CODE = /```sh\n([\s\S]*?)```|`([^`\n]+)`/g;

/** All code of the section `heading`, line by line, in the order of the text. */
export function readmeCode(heading: string): string[] {
  const section = readFileSync(README, 'utf8').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0];
  if (section === undefined) throw new Error(`README.md has no section "${heading}"`);
  return [...section.matchAll(CODE)].flatMap(([, block, span]) => (span ?? block ?? '').trim().split('\n'));
}

/** The first command of `code` that begins so. */
export function commandOf(code: readonly string[], beginning: string): string {
  const found = code.find((line) => line === beginning || line.startsWith(`${beginning} `));
  if (found === undefined) throw new Error(`README.md tells nobody to type "${beginning}"`);
  return found;
}
