// Text forms of rates, durations and sizes, with their inverse.
import { WanbondError } from './error.ts';

interface Unit {
  readonly suffix: string;
  readonly factor: number;
}

// Decimal, as link rates are sold and as `tc` reads them.
const RATE_UNITS: readonly Unit[] = [
  { suffix: 'gbit', factor: 1e9 },
  { suffix: 'mbit', factor: 1e6 },
  { suffix: 'kbit', factor: 1e3 },
  { suffix: 'bit', factor: 1 },
];
const DURATION_UNITS: readonly Unit[] = [
  { suffix: 'h', factor: 3_600_000 },
  { suffix: 'min', factor: 60_000 },
  { suffix: 's', factor: 1000 },
  { suffix: 'ms', factor: 1 },
  { suffix: 'us', factor: 1e-3 },
];
// Binary, as kernel buffers are counted.
const SIZE_UNITS: readonly Unit[] = [
  { suffix: 'GiB', factor: 2 ** 30 },
  { suffix: 'MiB', factor: 2 ** 20 },
  { suffix: 'KiB', factor: 2 ** 10 },
  { suffix: 'B', factor: 1 },
];

// Decimal, as data plans are sold.
const VOLUME_UNITS: readonly Unit[] = [
  { suffix: 'TB', factor: 1e12 },
  { suffix: 'GB', factor: 1e9 },
  { suffix: 'MB', factor: 1e6 },
  { suffix: 'kB', factor: 1e3 },
  { suffix: 'B', factor: 1 },
];

function parseUnit(text: string, units: readonly Unit[], what: string, example: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text.trim());
  const unit = units.find((u) => u.suffix.toLowerCase() === match?.[2]?.toLowerCase());
  if (!match || !unit) {
    throw new WanbondError({
      code: 'bad-unit',
      message: `"${text}" is not a ${what}`,
      hint: `Write a number and one of ${units.map((u) => u.suffix).join(', ')}, like ${example}.`,
    });
  }
  return Number(match[1]) * unit.factor;
}

function formatUnit(value: number, units: readonly Unit[]): string {
  const last = units[units.length - 1] as Unit;
  const unit = units.find((u) => value >= u.factor && Number.isInteger(value / u.factor)) ?? last;
  return `${value / unit.factor}${unit.suffix}`;
}

/** Bits per second from `50mbit`. @throws WanbondError `bad-unit` */
export const parseRate = (text: string): number => Math.round(parseUnit(text, RATE_UNITS, 'rate', '50mbit'));
export const formatRate = (bps: number): string => formatUnit(bps, RATE_UNITS);

/** Milliseconds from `30ms`, `2s`, `500us`. @throws WanbondError `bad-unit` */
export const parseDuration = (text: string): number => parseUnit(text, DURATION_UNITS, 'duration', '30ms');
export const formatDuration = (ms: number): string => formatUnit(ms, DURATION_UNITS);

/** Bytes from `16MiB`. @throws WanbondError `bad-unit` */
export const parseSize = (text: string): number => Math.round(parseUnit(text, SIZE_UNITS, 'size', '16MiB'));
export const formatSize = (bytes: number): string => formatUnit(bytes, SIZE_UNITS);

/** Bytes from `50GB`, for amounts of traffic. @throws WanbondError `bad-unit` */
export const parseVolume = (text: string): number =>
  Math.round(parseUnit(text, VOLUME_UNITS, 'data volume', '50GB'));
export const formatVolume = (bytes: number): string => formatUnit(bytes, VOLUME_UNITS);

/** A ratio from `80%`. @throws WanbondError `bad-unit` */
export function parsePercent(text: string): number {
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim())?.[1];
  if (percent === undefined) {
    throw new WanbondError({
      code: 'bad-unit',
      message: `"${text}" is not a percentage`,
      hint: 'Write a number and %, like 80%.',
    });
  }
  return Math.round(Number(percent) * 1e4) / 1e6;
}
export const formatPercent = (ratio: number): string => `${Math.round(ratio * 1e6) / 1e4}%`;
