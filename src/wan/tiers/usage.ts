// How much went through each WAN this month: pure bookkeeping by day, which clocks that jump do not spoil.
//
// Days and not a single sum: the month is what the days say, so a clock that was wrong for a while, or another
// `cap-day`, loses nothing. A clock that was never set (1970 on a router without battery) books on the day that was
// booked on last.

export interface ByteCount {
  readonly rxBytes: number;
  readonly txBytes: number;
}

export interface WanUsage {
  /** The day that was booked on last, `YYYY-MM-DD` by local time. */
  readonly lastDay: string | undefined;
  readonly days: Readonly<Record<string, ByteCount>>;
}

export interface MonthUse extends ByteCount {
  /** First day, `YYYY-MM-DD`; undefined while no clock has ever told the day. */
  readonly since: string | undefined;
}

export const NO_USE: WanUsage = { lastDay: undefined, days: {} };
const NONE: ByteCount = { rxBytes: 0, txBytes: 0 };
/** Stands for the day while none is known. */
export const UNKNOWN_DAY = 'unknown';
// Older than this program: no clock that was ever set says so.
const FIRST_POSSIBLE_DAY = '2025-01-01';
// Two months and then some: what the current month may need, whatever the `cap-day` becomes.
const KEPT_DAYS = 70;

export function addUse(usage: WanUsage, bytes: ByteCount, now: Date): WanUsage {
  const day = dayOf(usage, now);
  const { [UNKNOWN_DAY]: unknown, ...known } = usage.days;
  const days = day === UNKNOWN_DAY ? usage.days : known;
  const pending = day === UNKNOWN_DAY ? NONE : (unknown ?? NONE);
  return { lastDay: day, days: newest({ ...days, [day]: sum([days[day] ?? NONE, pending, bytes]) }) };
}

/** @param capDay 1 to 28: the day of the month on which counting begins anew. */
export function monthUse(usage: WanUsage, capDay: number, now: Date): MonthUse {
  const day = dayOf(usage, now);
  if (day === UNKNOWN_DAY) return { since: undefined, ...sum(Object.values(usage.days)) };
  const [since, next] = monthAround(day, capDay);
  const inside = Object.entries(usage.days).filter(([one]) => one >= since && one < next);
  const pending = usage.days[UNKNOWN_DAY] ?? NONE;
  return { since, ...sum([pending, ...inside.map(([, bytes]) => bytes)]) };
}

/** What has come since the count before; a lower count is that of an interface made anew. */
export function countSince(before: ByteCount, now: ByteCount): ByteCount {
  const isNew = now.rxBytes < before.rxBytes || now.txBytes < before.txBytes;
  if (isNew) return now;
  return { rxBytes: now.rxBytes - before.rxBytes, txBytes: now.txBytes - before.txBytes };
}

function dayOf({ lastDay }: WanUsage, now: Date): string {
  const day = formatDay(now.getFullYear(), now.getMonth() + 1, now.getDate());
  return day < FIRST_POSSIBLE_DAY ? (lastDay ?? UNKNOWN_DAY) : day;
}

/** The first day of the month that `day` lies in, and the first one of the next. */
function monthAround(day: string, capDay: number): [since: string, next: string] {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const begins = year * 12 + (month - 1) - (date < capDay ? 1 : 0);
  const at = (months: number): string => formatDay(Math.floor(months / 12), (months % 12) + 1, capDay);
  return [at(begins), at(begins + 1)];
}

function formatDay(year: number, month: number, date: number): string {
  const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(date, 2)}`;
}

function sum(counts: readonly ByteCount[]): ByteCount {
  return counts.reduce((a, b) => ({ rxBytes: a.rxBytes + b.rxBytes, txBytes: a.txBytes + b.txBytes }), NONE);
}

function newest(days: Readonly<Record<string, ByteCount>>): Record<string, ByteCount> {
  const names = Object.keys(days).toSorted().slice(-KEPT_DAYS);
  return Object.fromEntries(names.map((name) => [name, days[name] as ByteCount]));
}
