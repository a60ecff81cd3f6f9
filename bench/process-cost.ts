// What programs cost: CPU time and memory, of /proc.
import { readFileSync } from 'node:fs';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { type CpuTime, parseCpuTime } from '../src/lab/measure/proc-files.ts';

/** Of all of them together; 0 where there are none. @throws Error when one has ended */
export function cpuTime(programs: readonly LabProcess[]): CpuTime {
  const times = programs.map((program) => parseCpuTime(read(program, 'stat')));
  return { user: sum(times.map(({ user }) => user)), system: sum(times.map(({ system }) => system)) };
}

/** Resident memory of all of them together. @throws Error when one has ended */
export function residentBytes(programs: readonly LabProcess[]): number {
  return sum(programs.map((program) => parseKib(read(program, 'status'), 'VmRSS')));
}

/** What the kernel holds for sockets and all else that it cannot give back, of the whole machine: of all hosts of a lab. */
export function kernelBytes(): number {
  return parseKib(readFileSync('/proc/meminfo', 'utf8'), 'SUnreclaim');
}

/** Of a line like `VmRSS:   81234 kB`. */
export function parseKib(text: string, name: string): number {
  const match = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text);
  if (!match) throw new Error(`no ${name} in ${text.slice(0, 100)}`);
  return Number(match[1]) * 1024;
}

function read(program: LabProcess, file: string): string {
  if (program.exit) throw program.error('bench-program-ended', 'ended while it was measured');
  return readFileSync(`/proc/${program.pid}/${file}`, 'utf8');
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
