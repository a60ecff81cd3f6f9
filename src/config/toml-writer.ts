// Writes a config as TOML: the parser that reads it cannot write.

/** A TOML table as data. */
export interface ConfigTable {
  readonly [key: string]: unknown;
}

/** Plain keys first, then tables, then arrays of tables, as the format demands. */
export function renderToml(table: ConfigTable, path: readonly string[] = []): string {
  const plain: string[] = [];
  const below: string[] = [];
  for (const [key, value] of Object.entries(table)) {
    const name = [...path, renderKey(key)];
    if (isTable(value)) below.push(`[${name.join('.')}]\n${renderToml(value, name)}`);
    else if (isTables(value)) {
      for (const one of value) below.push(`[[${name.join('.')}]]\n${renderToml(one, name)}`);
    } else plain.push(`${renderKey(key)} = ${renderValue(value)}\n`);
  }
  return [...plain, ...below].join('');
}

export function isTable(value: unknown): value is ConfigTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTables(value: unknown): value is readonly ConfigTable[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}

const renderKey = (key: string): string => (/^[\w-]+$/.test(key) ? key : renderString(key));

function renderValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(renderValue).join(', ')}]`;
  if (typeof value === 'string') return renderString(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError(`TOML has no ${typeof value}`);
}

/** A JSON string is a TOML basic string, but for the one control character that JSON leaves alone. */
function renderString(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}
