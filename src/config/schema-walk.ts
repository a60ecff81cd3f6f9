// The shape under a zod schema: which keys a table has, and the schema of each, whatever wraps it.
import type * as z from 'zod';

/** The object or array schema within defaults, options, transforms and preprocessing; undefined when there is none. */
function container(schema: z.ZodType | undefined): z.ZodObject | z.ZodArray<z.ZodType> | undefined {
  let current: z.ZodType | undefined = schema;
  while (current) {
    const def = current.def as { type: string; innerType?: z.ZodType; in?: z.ZodType; out?: z.ZodType };
    if (def.type === 'object') return current as z.ZodObject;
    if (def.type === 'array') return current as z.ZodArray<z.ZodType>;
    current = inner(def);
  }
  return undefined;
}

/** What wraps nothing has none. */
function inner(def: { innerType?: z.ZodType; in?: z.ZodType; out?: z.ZodType }): z.ZodType | undefined {
  // A pipe begins with a transform when the input is preprocessed; the shape is then on its far side.
  return def.innerType ?? (def.in?.def.type === 'transform' ? def.out : def.in);
}

export function childSchema(schema: z.ZodType | undefined, part: PropertyKey): z.ZodType | undefined {
  const found = container(schema);
  if (!found) return undefined;
  if (found.def.type === 'array')
    return typeof part === 'number' ? (found as z.ZodArray<z.ZodType>).element : undefined;
  return (found as z.ZodObject).shape[String(part)] as z.ZodType | undefined;
}

export const schemaAt = (top: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined =>
  path.reduce<z.ZodType | undefined>(childSchema, top);

/** The keys of the table, in the order of the schema; none for anything else. */
export function keysOf(schema: z.ZodType | undefined): string[] {
  const found = container(schema);
  return found?.def.type === 'object' ? Object.keys((found as z.ZodObject).shape) : [];
}

export function isList(schema: z.ZodType): boolean {
  return container(schema)?.def.type === 'array';
}

/** The schema of one table: `schema` itself, or the element of a list of tables; undefined for a plain key. */
export function tableOf(schema: z.ZodType | undefined): z.ZodType | undefined {
  const candidate = schema && isList(schema) ? childSchema(schema, 0) : schema;
  return keysOf(candidate).length > 0 ? candidate : undefined;
}

/** The keys of a table that are no tables themselves. */
export const plainKeys = (schema: z.ZodType): string[] =>
  keysOf(schema).filter((key) => tableOf(childSchema(schema, key)) === undefined);

/** What the operator writes for a plain key: a string for all that has a unit or a choice; `any` is a number or a word. */
export type PlainKind = 'string' | 'number' | 'boolean' | 'any';

/** Of a plain key, or of the elements of a plain list. */
export function plainKind(schema: z.ZodType | undefined): PlainKind {
  let current = schema;
  while (current) {
    const def = current.def as { type: string; innerType?: z.ZodType; in?: z.ZodType; out?: z.ZodType };
    if (def.type === 'array') return plainKind((current as z.ZodArray<z.ZodType>).element);
    if (def.type === 'number' || def.type === 'boolean') return def.type;
    if (def.type === 'unknown') return 'any';
    current = inner(def);
  }
  return 'string';
}
