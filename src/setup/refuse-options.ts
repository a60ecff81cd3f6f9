// What `wanbond init` was given on its command line and no config takes: told as options, as no file has been written yet.
import { WanbondError } from '../base/error.ts';
import { parseRouterConfig, parseServerConfig } from '../config/load.ts';
import { ConfigError, type Problem } from '../config/problem.ts';
import { KEY_BYTES } from '../config/secret.ts';
import { DEFAULT_PORT } from '../config/shared.ts';
import { serverConfigText } from './server-config-text.ts';

/** @param text of the config that would be written @throws WanbondError `bad-choice` */
export function refuseChoice(text: string): void {
  const problems = problemsOf(() => parseRouterConfig(text, ''));
  if (problems.length === 0) return;
  throw new WanbondError({
    code: 'bad-choice',
    message: `this makes no config of a router: ${problems.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
    hint: 'Correct --wan NAME=INTERFACE and --lan INTERFACE; nothing was written.',
  });
}

/** @throws WanbondError `bad-router-name` */
export function refuseRouterName(routerName: string): void {
  const key = new Uint8Array(KEY_BYTES);
  const text = serverConfigText({ port: DEFAULT_PORT, routerName, key });
  const [problem] = problemsOf(() => parseServerConfig(text, ''));
  if (!problem) return;
  const { message, hint } = problem;
  throw new WanbondError({ code: 'bad-router-name', message: `--add-router: ${message}`, hint });
}

function problemsOf(parse: () => unknown): readonly Problem[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
