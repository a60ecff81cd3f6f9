// What programs say of their version.
import { runCommand } from '../../src/lab/command.ts';
import { WanbondError } from '../../src/base/error.ts';

/** The first match in what the program prints; some print it as an error. @param pattern `g` is not needed */
export async function askVersion(argv: readonly string[], pattern: RegExp): Promise<string> {
  const { stdout, stderr } = await runCommand(argv);
  const found = pattern.exec(`${stdout}\n${stderr}`)?.[0];
  if (found !== undefined) return found;
  throw new WanbondError({
    code: 'no-version',
    message: `${argv.join(' ')} printed no ${pattern}`,
    hint: 'Install the Debian packages of the method, or correct what is looked for.',
  });
}

export async function kernelVersion(): Promise<string> {
  return `Linux ${await askVersion(['uname', '-r'], /\S+/)}`;
}
