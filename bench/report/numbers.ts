// Numbers and units as tables, plots and verdicts show them: three significant digits, one unit a column.

export interface Unit {
  readonly name: string;
  /** How many of the metric's own unit it is. */
  readonly factor: number;
}

export const NO_UNIT: Unit = { name: '', factor: 1 };

/** The largest unit in which the largest of the values is at least 1; the smallest where none is. */
export function unitFor(units: readonly Unit[], values: readonly number[]): Unit {
  const most = Math.max(0, ...values.map(Math.abs));
  const bySize = units.toSorted((a, b) => b.factor - a.factor);
  return bySize.find(({ factor }) => most >= factor) ?? bySize.at(-1) ?? NO_UNIT;
}

// What is left of a difference that is none.
const NOTHING = 1e-9;

/** `0.0123`, `4.47`, `12,300`. */
export function significant(value: number, unit: Unit = NO_UNIT): string {
  const shown = Math.abs(value) < NOTHING ? 0 : value / unit.factor;
  return shown.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/** `8,900`: every digit. */
export const counted = (value: number): string => value.toLocaleString('en-US');

/** `1.02 to 1.31`; undefined where both look alike. */
export function range(least: number, most: number, unit: Unit = NO_UNIT): string | undefined {
  const [from, to] = [significant(least, unit), significant(most, unit)];
  return from === to ? undefined : `${from} to ${to}`;
}
