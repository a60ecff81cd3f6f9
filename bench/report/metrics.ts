// What each metric is called above a column, and the units it is shown in.
import type { Unit } from './numbers.ts';

export interface Metric {
  readonly title: string;
  /** None for a ratio or a count. */
  readonly units: readonly Unit[];
}

const MBPS: readonly Unit[] = [
  { name: 'Mbit/s', factor: 1 },
  { name: 'Gbit/s', factor: 1000 },
];
const MS: readonly Unit[] = [
  { name: 'ms', factor: 1 },
  { name: 's', factor: 1000 },
];
const US: readonly Unit[] = [
  { name: 'µs', factor: 1 },
  { name: 'ms', factor: 1000 },
];
// Decimal, as the targets are told.
const BYTES: readonly Unit[] = [
  { name: 'B', factor: 1 },
  { name: 'kB', factor: 1000 },
];
const only = (name: string): readonly Unit[] => [{ name, factor: 1 }];
const S_PER_GB = only('s/GB');

const METRICS: Readonly<Record<string, Metric>> = {
  throughputMbps: { title: 'throughput', units: MBPS },
  throughputVsPlain: { title: 'of plain routing', units: [] },
  routerCpuSecondsPerGb: { title: 'router CPU', units: S_PER_GB },
  routerUserSecondsPerGb: { title: 'of it user', units: S_PER_GB },
  routerSystemSecondsPerGb: { title: 'of it system', units: S_PER_GB },
  serverCpuSecondsPerGb: { title: 'server CPU', units: S_PER_GB },
  serverUserSecondsPerGb: { title: 'of it user', units: S_PER_GB },
  serverSystemSecondsPerGb: { title: 'of it system', units: S_PER_GB },
  connectionsPerSecond: { title: 'connections per second', units: [] },
  firstByteP50Ms: { title: 'time to the first byte, median', units: MS },
  routerCpuMsPerConnection: { title: 'router CPU per connection', units: MS },
  serverCpuMsPerConnection: { title: 'server CPU per connection', units: MS },
  firstByteP99Ms: { title: 'time to the first byte, 99th percentile', units: MS },
  failures: { title: 'failed connections', units: [] },
  p50Us: { title: 'request to answer, median', units: US },
  p99Us: { title: 'request to answer, 99th percentile', units: US },
  routerRssBytesPerFlow: { title: 'router memory per flow', units: BYTES },
  serverRssBytesPerFlow: { title: 'server memory per flow', units: BYTES },
  kernelBytesPerFlow: { title: 'kernel memory per flow', units: BYTES },
  flowsOpen: { title: 'flows opened', units: [] },
  openSeconds: { title: 'time to open all', units: only('s') },
  routerIdleCpuPercent: { title: 'router CPU while idle', units: only('%') },
  routerRssAtStartMb: { title: 'router memory at start', units: only('MB') },
  serverRssAtStartMb: { title: 'server memory at start', units: only('MB') },
  efficiency: { title: 'goodput of the sum of the links', units: [] },
  goodputMbps: { title: 'goodput', units: MBPS },
  newConnectionMs: { title: 'new connection after the cut', units: MS },
  stallMs: { title: 'longest time without a byte', units: MS },
  flows: { title: 'flows', units: [] },
  routerRssMb: { title: 'router memory', units: only('MB') },
};

/** Its name and no unit where it is not known. */
export const metricOf = (name: string): Metric => METRICS[name] ?? { title: name, units: [] };

export const withUnit = (title: string, unit: Unit): string =>
  unit.name === '' ? title : `${title}, ${unit.name}`;
