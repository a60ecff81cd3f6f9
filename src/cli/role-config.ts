// A config file of either role, for commands that work on both.
import { loadRouterConfig, loadServerConfig, readConfig } from '../config/load.ts';
import { requireRole } from '../config/role.ts';
import type { RouterConfig } from '../config/router.ts';
import type { ServerConfig } from '../config/server.ts';

export type AnyConfig =
  | { readonly role: 'router'; readonly config: RouterConfig }
  | { readonly role: 'server'; readonly config: ServerConfig };

/** @throws ConfigError, or WanbondError `unknown-role` when the file is for neither or both. */
export function loadAnyConfig(file: string): AnyConfig {
  if (requireRole(readConfig(file), file) === 'router') {
    return { role: 'router', config: loadRouterConfig(file).config };
  }
  return { role: 'server', config: loadServerConfig(file).config };
}
