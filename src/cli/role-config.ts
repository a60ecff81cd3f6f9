// A config file of either role, for commands that work on both.
import { WanbondError } from '../base/error.ts';
import { detectRole, loadRouterConfig, loadServerConfig, readConfig } from '../config/load.ts';
import type { RouterConfig } from '../config/router.ts';
import type { ServerConfig } from '../config/server.ts';

export type AnyConfig =
  | { readonly role: 'router'; readonly config: RouterConfig }
  | { readonly role: 'server'; readonly config: ServerConfig };

/** @throws ConfigError, or WanbondError `unknown-role` when the file is for neither or both. */
export function loadAnyConfig(file: string): AnyConfig {
  const role = detectRole(readConfig(file), file);
  if (role === 'router') return { role, config: loadRouterConfig(file).config };
  if (role === 'server') return { role, config: loadServerConfig(file).config };
  throw new WanbondError({
    code: 'unknown-role',
    message: `${file} is neither a router's nor a server's config`,
    hint: 'A router has [lan], [[wan]] and [server]; a server has [[listen]] and [[key]].',
  });
}
