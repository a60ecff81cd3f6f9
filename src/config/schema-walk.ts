// The shape under a zod schema: which keys a table has, and the schema of each, whatever wraps it.
import type * as z from 'zod';

/** The object or array schema within defaults, options, transforms and preprocessing; undefined when there is none. */
function container(schema: z.ZodType | undefined): z.ZodObject | z.ZodArray<z.ZodType> | undefined {
  let current: z.ZodType | undefined = schema;
  while (current) {
    const def = current.def as { type: string; innerType?: z.ZodType; in?: z.ZodType; out?: z.ZodType };
    if (def.type === 'object') return current as z.ZodObject;
    if (def.type === 'array') return current as z.ZodArray<z.ZodType>;
    // A pipe begins with a transform when the input is preprocessed; the shape is then on its far side.
    current = def.innerType ?? (def.in?.def.type === 'transform' ? def.out : def.in);
  }
  return undefined;
}

export function childSchema(schema: z.ZodType | undefined, part: PropertyKey): z.ZodType | undefined {
  const found = container(schema);
  if (!found) return undefined;
  if (found.def.type === 'array')
    return typeof part === 'number' ? (found as z.ZodArray<z.ZodType>).element : undefined;
  return (found as z.ZodObject).shape[String(part)] as z.ZodType | undefined;
}

/** The keys of the table, in the order of the schema; none for anything else. */
export function keysOf(schema: z.ZodType | undefined): string[] {
  const found = container(schema);
  return found?.def.type === 'object' ? Object.keys((found as z.ZodObject).shape) : [];
}

export function isList(schema: z.ZodType): boolean {
  return container(schema)?.def.type === 'array';
}
