// Which UCI sections and options stand for which tables and keys of a config: told from the schema, never listed.
import type * as z from 'zod';
import type { Role } from '../config/load.ts';
import { routerSchema } from '../config/router.ts';
import { childSchema, isList, keysOf, plainKeys, tableOf } from '../config/schema-walk.ts';
import { serverSchema } from '../config/server.ts';

/** The section that stands for the top of the file, and says which role it is and whether it is to run. */
export const MAIN = { type: 'wanbond', name: 'main' } as const;
/** What only UCI says. */
export const MAIN_OPTIONS: readonly string[] = ['enabled', 'role'];

/** A table of the config as a type of section: `[relay]` is `config relay`, `[[listen.user]]` is `config listen_user`. */
export interface SectionType {
  readonly type: string;
  /** Of the table in the config, without indices. */
  readonly path: readonly string[];
  /** May be there several times. */
  readonly isList: boolean;
  readonly schema: z.ZodType;
}

const noKeyFile = (): never => {
  throw new Error('the shape of a schema reads no files');
};
const SCHEMAS = { router: routerSchema(noKeyFile), server: serverSchema(noKeyFile) } as const;

export const topSchema = (role: Role): z.ZodType => SCHEMAS[role];

export const sectionTypes = (role: Role): SectionType[] => tablesBelow(SCHEMAS[role], []);

function tablesBelow(schema: z.ZodType, path: readonly string[]): SectionType[] {
  return keysOf(schema).flatMap((key) => {
    const child = childSchema(schema, key);
    const table = tableOf(child);
    if (!child || !table) return [];
    const here = [...path, key];
    return [
      { type: here.map(optionName).join('_'), path: here, isList: isList(child), schema: table },
      ...tablesBelow(table, here),
    ];
  });
}

/** UCI names have no dashes. */
export const optionName = (key: string): string => key.replaceAll('-', '_');

/** The key that an option of this table stands for; undefined when there is none. */
export const keyOfOption = (schema: z.ZodType, option: string): string | undefined =>
  plainKeys(schema).find((key) => optionName(key) === option);
