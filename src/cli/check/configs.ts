// Reads the given config files, each to its role, its config or its problems, and its warnings.
import {
  type Loaded,
  parseRouterConfig,
  parseServerConfig,
  type Role,
  readConfig,
} from '../../config/load.ts';
import { ConfigError, type Problem } from '../../config/problem.ts';
import { findRole } from '../../config/role.ts';
import type { RouterConfig } from '../../config/router.ts';
import type { ServerConfig } from '../../config/server.ts';

export interface CheckedConfig {
  readonly file: string;
  readonly role: Role | undefined;
  readonly router?: RouterConfig;
  readonly server?: ServerConfig;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export function checkConfig(file: string): CheckedConfig {
  let role: Role | undefined;
  try {
    const text = readConfig(file);
    const found = findRole(text, file);
    if (typeof found !== 'string') return { ...checked(file, role), problems: [found] };
    role = found;
    if (role === 'router')
      return { ...checked(file, role), ...loaded('router', parseRouterConfig(text, file)) };
    return { ...checked(file, role), ...loaded('server', parseServerConfig(text, file)) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { ...checked(file, role), problems: error.problems };
  }
}

function checked(file: string, role: Role | undefined): CheckedConfig {
  return { file, role, problems: [], warnings: [] };
}

function loaded<T>(key: Role, { config, warnings }: Loaded<T>): Partial<CheckedConfig> {
  return { [key]: config, warnings };
}
