// A TOML config of wanbond to the text of a UCI file.
import { dirname } from 'node:path';
import { parseRouterConfig, parseServerConfig } from '../config/load.ts';
import { locateToml } from '../config/locate.ts';
import { requireRole } from '../config/role.ts';
import type { ConfigTable } from '../config/toml-writer.ts';
import { withFullPaths } from './load-uci.ts';
import { renderUci } from './uci-text.ts';
import { uciSections } from './write-uci-config.ts';

/** @throws ConfigError with all problems of `text`, or WanbondError `unknown-role` */
export function importToml(text: string, file: string): string {
  const role = requireRole(text, file);
  if (role === 'router') parseRouterConfig(text, file);
  else parseServerConfig(text, file);
  const table = locateToml(text, file).value as ConfigTable;
  return renderUci(uciSections(role, withFullPaths(table, dirname(file))));
}
