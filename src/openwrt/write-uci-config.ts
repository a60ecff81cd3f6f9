// A config of either role, as TOML has it, to the sections of /etc/config/wanbond.
import type * as z from 'zod';
import type { Role } from '../config/load.ts';
import { childSchema, tableOf } from '../config/schema-walk.ts';
import { type ConfigTable, isTable } from '../config/toml-writer.ts';
import { MAIN, optionName, topSchema } from './section-types.ts';
import type { UciSection } from './uci-text.ts';

/** @param table what the schema of `role` takes */
export function uciSections(role: Role, table: ConfigTable): UciSection[] {
  const names = new Set<string>([MAIN.name]);
  const [top, ...below] = tableSections(topSchema(role), table, { type: MAIN.type, names });
  const options = new Map<string, string | readonly string[]>([
    ['enabled', '1'],
    ['role', role],
    ...(top?.options ?? []),
  ]);
  return [{ ...MAIN, options }, ...below];
}

interface Placing {
  readonly type: string;
  /** Of sections, which are unique in a file. */
  readonly names: Set<string>;
}

/** A table, and those in it after it. */
function tableSections(schema: z.ZodType, table: ConfigTable, { type, names }: Placing): UciSection[] {
  const options = new Map<string, string | readonly string[]>();
  const below: UciSection[] = [];
  for (const [key, value] of Object.entries(table)) {
    const inner = tableOf(childSchema(schema, key));
    if (inner) {
      const innerType = [...(type === MAIN.type ? [] : [type]), optionName(key)].join('_');
      const tables = [value].flat().filter(isTable);
      below.push(...tables.flatMap((one) => tableSections(inner, one, { type: innerType, names })));
    } else options.set(optionName(key), Array.isArray(value) ? value.map(uciText) : uciText(value));
  }
  const name = options.get('name');
  const isFree = typeof name === 'string' && /^\w+$/.test(name) && !names.has(name);
  if (isFree) {
    names.add(name);
    options.delete('name');
  }
  return [{ type, name: isFree ? name : undefined, options }, ...below];
}

function uciText(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  return String(value);
}
