// The main promise, measured: the sum of the links, over real MPTCP between the real programs. Two labs at a time:
// they need a fraction of a core each, and the programs under test are what a slow machine would show first.
import { expect, test } from 'vitest';
import { buildLab, type LabOptions } from '../../src/lab/lab.ts';
import { measureLab, type Progress } from '../../src/lab/measure/measure.ts';
import { readCounters } from '../support/daemon-status.ts';

interface Case extends LabOptions {
  readonly name: string;
  /** Least efficiency, down and up. */
  readonly atLeast: number;
}

// The links of the kernel's own selftest (tools/testing/selftests/net/mptcp/simult_flows.sh) and of the issue.
const CASES: readonly Case[] = [
  { name: '50 + 50 Mbit/s', wans: ['50mbit', '50mbit'], atLeast: 0.93 },
  { name: '50 + 20 Mbit/s', wans: ['50mbit', '20mbit'], atLeast: 0.9 },
  { name: '10 + 10 at 1 and 25 ms', wans: ['10mbit,delay=1ms', '10mbit,delay=25ms'], atLeast: 0.85 },
  { name: '15 + 5 at 1 and 25 ms', wans: ['15mbit,delay=1ms', '5mbit,delay=25ms'], atLeast: 0.85 },
  { name: '15 + 5 at 25 and 1 ms', wans: ['15mbit,delay=25ms', '5mbit,delay=1ms'], atLeast: 0.85 },
  {
    name: '100 at 10 ms + 20 at 60 ms with 10 ms of jitter each way',
    wans: ['100mbit,delay=5ms', '20mbit,delay=30ms,jitter=10ms'],
    atLeast: 0.9,
  },
  { name: 'four of 20 Mbit/s', wans: ['20mbit', '20mbit', '20mbit', '20mbit'], atLeast: 0.85 },
  {
    name: '50 + 50 over IPv6 with source-specific default routes',
    wans: ['50mbit', '50mbit'],
    family: 6,
    sourceSpecific: true,
    atLeast: 0.93,
  },
  {
    name: '50 + 50 with an in-path gateway before the origin',
    wans: ['50mbit', '50mbit'],
    transport: 'direct',
    atLeast: 0.93,
  },
  ...['socks5', 'socks6', 'shadowsocks'].map((transport) => ({
    name: `50 + 50 Mbit/s by ${transport}`,
    wans: ['50mbit', '50mbit'],
    transport,
    atLeast: 0.93,
  })),
];

const SECONDS = 5;
const quiet: Progress = { step: (_title, work) => work(() => undefined) };

test.concurrent.each(CASES)('$name', { timeout: 300_000 }, async ({ atLeast, ...options }) => {
  const lab = await buildLab(options);
  try {
    const { document } = await measureLab(lab, { seconds: SECONDS, progress: quiet });
    expect(document, JSON.stringify(document)).toMatchObject({
      lanUsedMptcp: false,
      originUsedMptcp: false,
      middleUsedMptcp: true,
      sha256Match: true,
      verdict: 'bonding',
    });
    expect(document.bonded.subflows).toBe(options.wans.length);
    expect(document.efficiencyDown, JSON.stringify(document)).toBeGreaterThanOrEqual(atLeast);
    expect(document.efficiencyUp, JSON.stringify(document)).toBeGreaterThanOrEqual(atLeast);
    // What these links lose, they lose into their queues.
    expect((await readCounters(lab, 'server')).congestionTrials).toBe(0);
  } finally {
    await lab.close();
  }
});
