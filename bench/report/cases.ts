// The cases as the document tells them: a title, a sentence, and how the figures are laid out in tables.
import { RELAY_VARIANT } from './ratios.ts';

/** Columns are metrics of one variant, or the variants of one metric. */
export type Layout =
  | { readonly metrics: readonly string[]; readonly variant?: string }
  | { readonly metric: string };

export interface CaseText {
  readonly title: string;
  readonly sentence: string;
  /** Figures that no layout names are laid out metric by metric, after these. */
  readonly layouts: readonly Layout[];
}

const cpuOf = (host: string): string[] => [
  `${host}CpuSecondsPerGb`,
  `${host}UserSecondsPerGb`,
  `${host}SystemSecondsPerGb`,
];
const each = (...metrics: readonly string[]): Layout[] => metrics.map((metric) => ({ metric }));

const CASES: Readonly<Record<string, CaseText>> = {
  relay: {
    title: 'Relay: throughput and its cost',
    sentence:
      'Bulk transfers over links without a limit, so that the programs and the CPU are the limit; CPU is that of the programs between client and origin, per GB carried.',
    layouts: [
      {
        variant: RELAY_VARIANT,
        metrics: ['throughputMbps', 'throughputVsPlain', ...cpuOf('router'), ...cpuOf('server')],
      },
      ...each('throughputMbps', 'routerCpuSecondsPerGb', 'serverCpuSecondsPerGb'),
    ],
  },
  setup: {
    title: 'Set-up: new connections',
    sentence:
      'Connections opened anew, one at a time or 64 at a time, each until the first byte of the answer, after four seconds of 64 at a time that do not count; the delay is the round trip between router and server.',
    layouts: each(
      'connectionsPerSecond',
      'firstByteP50Ms',
      'firstByteP99Ms',
      'routerCpuMsPerConnection',
      'serverCpuMsPerConnection',
      'failures',
    ),
  },
  small: {
    title: 'Small requests on open connections',
    sentence: 'Requests with answers of the same size on connections that are open already.',
    layouts: each('p50Us', 'p99Us'),
  },
  many: {
    title: 'Many idle connections',
    sentence:
      'Connections that are opened and then left alone: what each costs in memory, and what all cost in CPU. 10,000 are as many as the limit of open files allows a relay: two or more a connection.',
    layouts: [
      {
        metrics: [
          'routerRssBytesPerFlow',
          'serverRssBytesPerFlow',
          'kernelBytesPerFlow',
          'flowsOpen',
          'openSeconds',
          'failures',
          'routerIdleCpuPercent',
          'routerRssAtStartMb',
          'serverRssAtStartMb',
        ],
      },
    ],
  },
  aggregate: {
    title: 'Aggregation of unequal links',
    sentence:
      'One transfer over several limited links at once, against the sum of what the links carry alone.',
    layouts: each('efficiency', 'goodputMbps'),
  },
  failover: {
    title: 'A link dies',
    sentence:
      'A link is cut while a download uses it: how long the client reads no byte, by how the link died.',
    layouts: each('stallMs', 'newConnectionMs'),
  },
  growth: {
    title: 'Cost by the number of connections',
    sentence:
      'The same bulk traffic over more and more connections at once, which begin when all are open; 10,000 as far as the limit of open files allows.',
    layouts: each('throughputMbps', 'routerCpuSecondsPerGb', 'routerRssMb'),
  },
};

export const caseTextOf = (name: string): CaseText =>
  CASES[name] ?? { title: name, sentence: 'A case that has no description yet.', layouts: [] };

/** Known ones in the order of the document, then the others. */
export function casesInOrder(names: readonly string[]): string[] {
  const known = Object.keys(CASES);
  return [...known.filter((name) => names.includes(name)), ...names.filter((name) => !known.includes(name))];
}
