// A kernel config: its lines read, and symbols set in one that is sorted, as OpenWrt keeps them.

/** `y`, `m`, `n` (is not set), or the value as written. Symbols that are absent are not in it. */
export type KernelConfig = ReadonlyMap<string, string>;

export interface SymbolChange {
  /** Without CONFIG_. */
  readonly name: string;
  /** Undefined when the config said nothing of it. */
  readonly before: string | undefined;
  readonly after: string;
}

const SET = /^CONFIG_(\w+)=(.*)$/;
const NOT_SET = /^# CONFIG_(\w+) is not set$/;

export function parseConfig(text: string): KernelConfig {
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const { name, value } = readLine(line.trimEnd()) ?? {};
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

function readLine(line: string): { name: string; value: string } | undefined {
  const set = SET.exec(line);
  if (set) return { name: set[1] ?? '', value: set[2] ?? '' };
  const name = NOT_SET.exec(line)?.[1];
  return name === undefined ? undefined : { name, value: 'n' };
}

/** A line of a config. @param value y, m, n, a number, or text without quotes */
export function configLine(name: string, value: string): string {
  if (value === 'n') return `# CONFIG_${name} is not set`;
  const isBare = /^(?:[ym]|-?\d+|0x[0-9a-fA-F]+)$/.test(value);
  return `CONFIG_${name}=${isBare ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`}`;
}

/** Each symbol gets its line where it sorts; all other lines stay as they are. */
export function setSymbols(
  text: string,
  values: readonly { readonly name: string; readonly value: string }[],
): { readonly text: string; readonly changes: readonly SymbolChange[] } {
  const lines = text.replace(/\n$/, '').split('\n');
  const changes: SymbolChange[] = [];
  for (const { name, value } of values) {
    const line = configLine(name, value);
    const places = lines.flatMap((one, i) => (readLine(one)?.name === name ? [i] : []));
    // Of several lines the last one counts.
    const last = places.at(-1);
    const before = last === undefined ? undefined : readLine(lines[last] ?? '')?.value;
    if (last !== undefined && lines[last] === line) continue;
    if (last !== undefined) lines[last] = line;
    else lines.splice(placeFor(lines, name), 0, line);
    changes.push({ name, before, after: readLine(line)?.value ?? value });
  }
  return { text: `${lines.join('\n')}\n`, changes };
}

function placeFor(lines: readonly string[], name: string): number {
  const at = lines.findIndex((line) => (readLine(line)?.name ?? '') > name);
  return at === -1 ? lines.length : at;
}
