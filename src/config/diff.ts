// What differs between two configs, in lines for people, and which of it a running daemon cannot take over.
import { formatPrefix, type Prefix } from '../base/prefix.ts';

export interface ConfigDiff {
  /** One line per change, with keys as the file has them; never with the value of a secret. */
  readonly changed: readonly string[];
  /** Keys whose change takes a restart of the daemon. */
  readonly needsRestart: readonly string[];
}

/** A key of a config, or of one table in a list of them. */
export interface Setting<T> {
  /** As the file has it, with its section: `redirect.bypass`. */
  readonly key: string;
  /** The value as text, or the texts of a list; undefined while it is not given. */
  of(config: T): string | readonly string[] | undefined;
  readonly needsRestart?: true;
  /** Its value is told to nobody. */
  readonly isSecret?: true;
}

export function diffSettings<T>(before: T, after: T, settings: readonly Setting<T>[]): ConfigDiff {
  const lines = settings.flatMap((setting): { line: string; setting: Setting<T> }[] => {
    const [then, now] = [setting.of(before), setting.of(after)];
    if (JSON.stringify(then) === JSON.stringify(now)) return [];
    return [{ line: `${setting.key}: ${setting.isSecret ? 'changed' : change(then, now)}`, setting }];
  });
  return {
    changed: lines.map(({ line }) => line),
    needsRestart: lines.flatMap(({ setting }) => (setting.needsRestart ? [setting.key] : [])),
  };
}

/** How the tables of a list are told apart, and what they hold. */
export interface TableKind<T> {
  readonly nameOf: (table: T) => string;
  readonly settings: readonly Setting<T>[];
}

/** A list of tables. @param label of the list, like `wan` */
export function diffTables<T>(
  label: string,
  [before, after]: readonly [readonly T[], readonly T[]],
  { nameOf, settings }: TableKind<T>,
): ConfigDiff {
  const [then, now] = [before, after].map((all) => new Map(all.map((one) => [nameOf(one), one])));
  const gone = [...(then?.keys() ?? [])].filter((name) => !now?.has(name));
  const diffs = [...(now ?? [])].map(([name, table]): ConfigDiff => {
    const old = then?.get(name);
    if (old === undefined) return { changed: [`${label} ${name}: added`], needsRestart: [] };
    const { changed, needsRestart } = diffSettings(old, table, settings);
    return {
      changed: changed.map((line) => `${label} ${name}: ${line}`),
      needsRestart: needsRestart.map((key) => `${label}.${key}`),
    };
  });
  const common = (names: Iterable<string>): string[] =>
    [...names].filter((name) => then?.has(name) && now?.has(name));
  const [oldOrder, newOrder] = [common(then?.keys() ?? []), common(now?.keys() ?? [])];
  const isOrdered = oldOrder.join('\n') === newOrder.join('\n');
  return mergeDiffs([
    ...diffs,
    { changed: gone.map((name) => `${label} ${name}: removed`), needsRestart: [] },
    { changed: isOrdered ? [] : [`${label}: the order is now ${newOrder.join(', ')}`], needsRestart: [] },
  ]);
}

export function mergeDiffs(diffs: readonly ConfigDiff[]): ConfigDiff {
  return {
    changed: diffs.flatMap(({ changed }) => changed),
    needsRestart: [...new Set(diffs.flatMap(({ needsRestart }) => needsRestart))],
  };
}

export const prefixList = (prefixes: readonly Prefix[]): string[] => prefixes.map(formatPrefix);

type Value = ReturnType<Setting<unknown>['of']>;

function change(then: Value, now: Value): string {
  if (typeof then !== 'object' || typeof now !== 'object') return `${textOf(then)} is now ${textOf(now)}`;
  const added = now.filter((one) => !then.includes(one));
  const removed = then.filter((one) => !now.includes(one));
  const parts = [
    ...(added.length > 0 ? [`${added.join(', ')} added`] : []),
    ...(removed.length > 0 ? [`${removed.join(', ')} removed`] : []),
  ];
  return parts.join('; ') || `the order is now ${now.join(', ')}`;
}

function textOf(value: Value): string {
  if (value === undefined) return 'the default';
  return typeof value === 'string' ? value : `[${value.join(', ')}]`;
}
