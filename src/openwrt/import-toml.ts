// A TOML config of wanbond to the text of a UCI file.
import { dirname } from 'node:path';
import { WanbondError } from '../base/error.ts';
import { detectRole, parseRouterConfig, parseServerConfig } from '../config/load.ts';
import { locateToml } from '../config/locate.ts';
import type { ConfigTable } from '../config/toml-writer.ts';
import { withFullPaths } from './load-uci.ts';
import { renderUci } from './uci-text.ts';
import { uciSections } from './write-uci-config.ts';

/** @throws ConfigError with all problems of `text`, or WanbondError `unknown-role` */
export function importToml(text: string, file: string): string {
  const role = detectRole(text, file);
  if (role === undefined) {
    throw new WanbondError({
      code: 'unknown-role',
      message: `${file} is neither a router's nor a server's config`,
      hint: 'Name the TOML file of a router ([lan], [[wan]], [server]) or of a server ([[listen]], [[key]]).',
    });
  }
  if (role === 'router') parseRouterConfig(text, file);
  else parseServerConfig(text, file);
  const table = locateToml(text, file).value as ConfigTable;
  return renderUci(uciSections(role, withFullPaths(table, dirname(file))));
}
