// Config files to configs: every mistake at once with its position, or the frozen result with its warnings.
import { readFileSync } from 'node:fs';
import type * as z from 'zod';
import { explain } from './explain.ts';
import { keyFileReader, reason } from './key-file.ts';
import { locateToml } from './locate.ts';
import type { LocatedConfig } from './located-tree.ts';
import { ConfigError, type Problem } from './problem.ts';
import { refuseOtherRole } from './role.ts';
import { type RouterConfig, routerSchema } from './router.ts';
import type { ReadKeyFile } from './secret.ts';
import { type ServerConfig, serverSchema } from './server.ts';

export interface Loaded<T> {
  readonly config: T;
  /** Nothing that stops the program, but the operator should know. */
  readonly warnings: readonly Problem[];
}

export type Role = 'router' | 'server';

/** @throws ConfigError with all problems of the file, or WanbondError `wrong-role` when it is for the other role. */
export const loadRouterConfig = (file: string): Loaded<RouterConfig> =>
  parseRouterConfig(readConfig(file), file);
/** @throws ConfigError with all problems of the file, or WanbondError `wrong-role` when it is for the other role. */
export const loadServerConfig = (file: string): Loaded<ServerConfig> =>
  parseServerConfig(readConfig(file), file);

export const parseRouterConfig = (text: string, file: string): Loaded<RouterConfig> =>
  parse(text, file, 'router', routerSchema);
export const parseServerConfig = (text: string, file: string): Loaded<ServerConfig> =>
  parse(text, file, 'server', serverSchema);

/** The text of a config file. @throws ConfigError when it cannot be read. */
export function readConfig(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const message = `cannot read this file: ${reason(cause)}`;
    const hint = 'Check the path, and that this user may read it.';
    throw new ConfigError(file, [{ line: 1, column: 1, path: '', message, hint }], cause);
  }
}

function parse<T>(text: string, file: string, role: Role, makeSchema: MakeSchema<T>): Loaded<T> {
  const toml = locateToml(text, file);
  refuseOtherRole(toml, file, role);
  const result = validate(toml, file, makeSchema);
  if ('problems' in result) throw new ConfigError(file, result.problems);
  return result;
}

type MakeSchema<T> = (read: ReadKeyFile) => z.ZodType<T>;

/** Values of any format against the schema of a role: the frozen config, or all that is wrong. `file` may name key files. */
export function validate<T>(
  values: LocatedConfig,
  file: string,
  makeSchema: MakeSchema<T>,
): Loaded<T> | { readonly problems: readonly Problem[] } {
  const exposed: string[] = [];
  const schema = makeSchema(keyFileReader(file, (path) => exposed.push(path)));
  const result = schema.safeParse(values.value);
  if (!result.success) return { problems: explain(result.error.issues, schema, values) };
  return { config: deepFreeze(result.data), warnings: exposed.map((path) => exposedKey(path, values)) };
}

function exposedKey(path: string, toml: LocatedConfig): Problem {
  const places = ['server', 'key'].flatMap((table) => {
    const keys = toml.valueAt([table]);
    const count = Array.isArray(keys) ? keys.length : 1;
    return Array.from({ length: count }, (_, i): PropertyKey[] => [table, i, 'key-file']);
  });
  const at = places.find((place) => toml.valueAt(place) === path) ?? [];
  return {
    ...toml.positionOf(at, 'value'),
    path: toml.nameOf(at),
    message: `${path} can be read by others than its owner`,
    hint: `Run \`chmod 600 ${path}\`.`,
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
