// A UCI file to the config that it stands for, validated by the schema of its role; and that config as TOML.
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { GROUP_AND_WORLD_READ } from '../config/key-file.ts';
import { readConfig, type Role, validate } from '../config/load.ts';
import { ConfigError, type Problem, problemAt } from '../config/problem.ts';
import { routerSchema } from '../config/router.ts';
import { serverSchema } from '../config/server.ts';
import { isTable } from '../config/shared.ts';
import { type ConfigTable, renderToml } from '../config/toml-writer.ts';
import { DEFAULTS, UCI_PACKAGE } from './places.ts';
import { findMain, readUciConfig } from './read-uci-config.ts';
import { parseUci } from './uci-text.ts';

export interface LoadedUci {
  readonly role: Role;
  /** Whether the service is to run. */
  readonly isEnabled: boolean;
  /** As TOML has it, with what this host has otherwise than others. */
  readonly table: ConfigTable;
  readonly warnings: readonly Problem[];
}

/** @throws ConfigError with all problems of the file */
export function loadUci(file: string): LoadedUci {
  const loaded = parseUciConfig(readUci(file), file);
  const isExposed = (statSync(file).mode & GROUP_AND_WORLD_READ) !== 0 && hasSecret(loaded.table);
  if (!isExposed) return loaded;
  const message = 'this file holds a key, and can be read by others than its owner';
  const exposed = problemAt({ line: 1, column: 1 }, '', message, `Run \`chmod 600 ${file}\`.`);
  return { ...loaded, warnings: [exposed, ...loaded.warnings] };
}

/** Whether the service is to run, whatever else is wrong with `file`. @throws ConfigError when it cannot be read as UCI */
export function isEnabledIn(file: string): boolean {
  const { sections, problems } = parseUci(readUci(file));
  // A quote that is not closed may have taken the option with it.
  if (problems.length > 0) throw bad(file, problems);
  const main = findMain(sections, UCI_PACKAGE);
  if ('problem' in main) throw bad(file, [main.problem]);
  return main.isEnabled;
}

/** The text of a UCI file. @throws ConfigError when it cannot be read */
export function readUci(file: string): string {
  try {
    return readConfig(file);
  } catch (error) {
    throw error instanceof ConfigError ? bad(file, error.problems) : error;
  }
}

/** @throws ConfigError with all problems of `text` */
export function parseUciConfig(text: string, file: string): LoadedUci {
  const read = parseUci(text);
  const { config, problems } = readUciConfig(read.sections, UCI_PACKAGE);
  const found = [...read.problems, ...problems];
  if (!config) throw bad(file, found);
  const { role, isEnabled, values } = config;
  const result =
    role === 'router' ? validate(values, file, routerSchema) : validate(values, file, serverSchema);
  if ('problems' in result) throw bad(file, [...found, ...result.problems]);
  if (found.length > 0) throw bad(file, found);
  const table = withFullPaths(values.value as ConfigTable, dirname(file));
  return { role, isEnabled, table: { ...DEFAULTS[role], ...table }, warnings: result.warnings };
}

function hasSecret(table: ConfigTable): boolean {
  return Object.entries(table).some(([key, value]) => {
    const tables = [value].flat().filter(isTable);
    return tables.length > 0 ? tables.some(hasSecret) : key === 'key' || key === 'password';
  });
}

function bad(file: string, problems: readonly Problem[]): ConfigError {
  const inOrder = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  return new ConfigError(file, inOrder, undefined, `wanbond uci check ${file}`);
}

/** A relative key file starts at the folder of the file that names it, which the rendered one does not share. */
export function withFullPaths(table: ConfigTable, folder: string): ConfigTable {
  const entries = Object.entries(table).map(([key, value]): [string, unknown] => {
    if (key === 'key-file' && typeof value === 'string') return [key, resolve(folder, value)];
    if (isTable(value)) return [key, withFullPaths(value, folder)];
    if (!Array.isArray(value)) return [key, value];
    return [key, value.map((one: unknown) => (isTable(one) ? withFullPaths(one, folder) : one))];
  });
  return Object.fromEntries(entries);
}

/** The TOML that the daemon runs with. The service reads the role from its head. */
export function renderedToml({ role, table }: LoadedUci, file: string): string {
  return `# Made from ${file} by \`wanbond uci render\`; change it there. It may hold a key: keep it private.
# Role: ${role}
${renderToml(table)}`;
}
