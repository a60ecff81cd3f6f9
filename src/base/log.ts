// The log: pino to standard error, as JSON for machines or as one plain line for people.
import pino, { type Logger } from 'pino';

export type Log = Logger;

export interface LogOptions {
  readonly level: string;
  readonly format: 'human' | 'json';
}

const STDERR = 2;
const LEVEL_NAMES = new Map([
  [10, 'trace'],
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
]);
const OWN_FIELDS = new Set(['level', 'time', 'msg', 'pid', 'hostname']);

/** Synchronous, so that the last line before an exit is not lost. */
export function createLog({ level, format }: LogOptions): Log {
  const out = pino.destination({ fd: STDERR, sync: true });
  const base = { level, base: null };
  if (format === 'json') return pino({ ...base, timestamp: pino.stdTimeFunctions.isoTime }, out);
  // The journal of systemd writes its own clock before each line.
  const hasClock = process.env['JOURNAL_STREAM'] === undefined;
  return pino(base, { write: (line: string) => out.write(`${formatLine(line, hasClock)}\n`) });
}

/** `12:00:00.000 warn message key=value`, from pino's JSON. */
export function formatLine(line: string, hasClock = true): string {
  const entry = JSON.parse(line) as Record<string, unknown> & { level: number; time: number; msg?: string };
  const clock = hasClock ? `${new Date(entry.time).toISOString().slice(11, 23)} ` : '';
  const fields = Object.entries(entry)
    .filter(([key]) => !OWN_FIELDS.has(key))
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${clock}${LEVEL_NAMES.get(entry.level) ?? 'info'} ${entry.msg ?? ''}${fields.join('')}`;
}
