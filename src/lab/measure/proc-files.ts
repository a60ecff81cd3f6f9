// Reads what the kernel says of a network namespace and of a process under /proc.
import { readFileSync } from 'node:fs';

export interface InterfaceBytes {
  readonly rxBytes: number;
  readonly txBytes: number;
}

/** Of /proc/net/dev. */
export function parseInterfaceBytes(text: string): Map<string, InterfaceBytes> {
  const found = new Map<string, InterfaceBytes>();
  for (const line of text.split('\n')) {
    const match = /^\s*(\S+):\s*(.*)$/.exec(line);
    if (!match) continue;
    const fields = (match[2] ?? '').split(/\s+/).map(Number);
    found.set(match[1] as string, { rxBytes: fields[0] ?? 0, txBytes: fields[8] ?? 0 });
  }
  return found;
}

/** The MPTcpExt counters of /proc/net/netstat, by the names that nstat gives without its prefix. */
export function parseMptcpCounters(text: string): Map<string, number> {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('MPTcpExt:'))
    .map((line) => line.split(' ').slice(1));
  return new Map(names.map((name, i) => [name, Number(values[i] ?? 0)]));
}

// USER_HZ, which is 100 on every architecture that Node runs on.
const TICKS_PER_SECOND = 100;

/** Seconds. */
export interface CpuTime {
  readonly user: number;
  readonly system: number;
}

/** Of /proc/PID/stat. */
export function parseCpuTime(text: string): CpuTime {
  // The name in parentheses may itself hold spaces; counted behind it, state is the first field.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { user: Number(fields[11]) / TICKS_PER_SECOND, system: Number(fields[12]) / TICKS_PER_SECOND };
}

/** User and system seconds, of /proc/PID/stat. */
export function parseCpuSeconds(text: string): number {
  const { user, system } = parseCpuTime(text);
  return user + system;
}

/** /proc/PID/net is the namespace of that process. */
export function readInterfaceBytes(pid: number): Map<string, InterfaceBytes> {
  return parseInterfaceBytes(readFileSync(`/proc/${pid}/net/dev`, 'utf8'));
}

export function readCpuSeconds(pid: number): number {
  return parseCpuSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
