// A WAN dies in the middle of a download, measured: how long nothing comes, and what becomes of flows old and new.
// The runs of the cases alternate, all in one lab, and medians of five count: one run says little of a machine that does
// other things too, and a bond that has seen ten cuts must be as good as a new one.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from 'vitest';
import { WanbondError } from '../../src/base/error.ts';
import { parseCut } from '../../src/lab/measure/cut-spec.ts';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import { type CutPrograms, type CutResult, measureCut } from '../../src/lab/measure/measure-cut.ts';
import { median } from '../../src/lab/measure/median.ts';

// A second try measures its case again.
vi.setConfig({ testTimeout: 240_000 });

interface Case {
  readonly cut: string;
  /** What the median of stallMs is meant to be on a machine that does nothing else. */
  readonly target: number;
}

interface Links {
  readonly name: string;
  readonly wan: string;
  readonly cases: readonly Case[];
}

const RUNS = 5;
const TIMES = '@2500ms,restore=4s';
const LINKS: readonly Links[] = [
  {
    name: '30 + 30 Mbit/s without delay',
    wan: '30mbit',
    cases: [
      { cut: `wan1${TIMES}`, target: 250 },
      { cut: `wan2${TIMES}`, target: 250 },
      { cut: `wan1${TIMES},silent`, target: 600 },
    ],
  },
  {
    name: '30 + 30 Mbit/s at 40 ms round trip',
    wan: '30mbit,delay=20ms',
    cases: [
      { cut: `wan1${TIMES}`, target: 450 },
      { cut: `wan2${TIMES},up`, target: 1000 },
      { cut: `wan1${TIMES},down`, target: 1000 },
    ],
  },
];
// What the set-up of a new connection may take more than usual.
const NEW_FLOW_EXTRA_MS = 1000;
const RESTORED_MS = 2000;
// The machine that tests has two cores for five hosts, and others to serve. What a download suffers is up to the kernel and
// hardly suffers from that; new flows and the return of a WAN take several turns of several programs.
const STALL_ROOM = 1.2;
const ROOM = 1.5;
// Whoever is in the middle of the handshake, when its only subflow goes with the reply on the way, is reset: the request
// has arrived, and is not made twice; and one that has its reply, but not its second subflow yet, waits for the WAN. With
// queues full of the download this takes up to so long.
const OPENING_MS = 600;
const LOST_WHILE_OPENING = /^a connection of -(\d+) ms after the cut: (?:ECONNRESET|no end within \d+ ms)$/;

describe.each(LINKS)('$name', ({ wan, cases }) => {
  let lab: Lab;
  let programs: CutPrograms;
  const results = new Map<Case, CutResult[]>(cases.map((one) => [one, []]));

  beforeAll(async () => {
    lab = await buildLab({ wans: [wan, wan], cuttable: true });
    const origin = await lab.startOrigin();
    await lab.startServer();
    programs = { origin, router: await lab.startRouter() };
    for (let run = 0; run < RUNS; run++) {
      for (const [one, seen] of results) seen.push(await measureSteady(lab, programs, one.cut));
    }
    for (const [one, seen] of results) console.log(describeRuns(one, seen));
  }, 480_000);
  afterAll(() => lab?.close());

  /** What was measured; on a second try, what is measured for it. */
  async function seenOf(one: Case, { task }: TestContext): Promise<readonly CutResult[]> {
    if (!task.result?.retryCount) return results.get(one) ?? [];
    const seen: CutResult[] = [];
    for (let run = 0; run < RUNS; run++) seen.push(await measureSteady(lab, programs, one.cut));
    return seen;
  }

  test.for(cases)('$cut: nothing comes for about $target ms at most', async (one, context) => {
    const seen = await seenOf(one, context);
    expect(
      middle(seen, ({ stallMs }) => stallMs),
      describeRuns(one, seen),
    ).toBeLessThanOrEqual(one.target * STALL_ROOM);
  });

  test.for(cases)('$cut: no flow is lost, and a new one is soon there', async (one, context) => {
    const seen = await seenOf(one, context);
    const told = describeRuns(one, seen);
    expect(seen.length).toBe(RUNS);
    expect(
      seen.flatMap(({ losses }) => losses.filter((loss) => !isLostWhileOpening(loss))),
      told,
    ).toEqual([]);
    for (const { losses } of seen) expect(losses.length, told).toBeLessThanOrEqual(2);
    const extra = middle(
      seen,
      ({ newFlowWorstMs = Infinity, usualFlowMs = 0 }) => newFlowWorstMs - usualFlowMs,
    );
    expect(extra, told).toBeLessThanOrEqual(NEW_FLOW_EXTRA_MS * ROOM);
  });

  test.for(cases)(
    '$cut: the WAN carries data again within about 2 s after it is back',
    async (one, context) => {
      const seen = await seenOf(one, context);
      const restored = middle(seen, ({ restoredMs = Infinity }) => restoredMs);
      expect(restored, describeRuns(one, seen)).toBeLessThanOrEqual(RESTORED_MS * ROOM);
    },
  );
});

// A link that was cut twice within a minute is held for a second and more at its next return, and a flow that begins in
// that time may have one WAN only: then there is nothing to cut.
const TRIES = 4;
const PAUSE_MS = 5000;

async function measureSteady(lab: Lab, programs: CutPrograms, cut: string): Promise<CutResult> {
  for (let tried = 1; ; tried++) {
    try {
      return await measureCut(lab, programs, parseCut(cut));
    } catch (error) {
      if (!(error instanceof WanbondError) || error.code !== 'cut-not-steady' || tried === TRIES) throw error;
      console.log(`${cut}: ${error.message}; once more`);
      await sleep(PAUSE_MS);
    }
  }
}

function isLostWhileOpening(loss: string): boolean {
  const [, beforeMs] = LOST_WHILE_OPENING.exec(loss) ?? [];
  return beforeMs !== undefined && Number(beforeMs) <= OPENING_MS;
}

function middle(seen: readonly CutResult[], figure: (result: CutResult) => number): number | undefined {
  return median(seen.map(figure));
}

function describeRuns({ cut }: Case, seen: readonly CutResult[]): string {
  const of = (key: keyof CutResult): string =>
    seen.map((result) => (typeof result[key] === 'number' ? Math.round(result[key]) : 'none')).join(', ');
  return [
    `${cut}: stall ${of('stallMs')} ms (from ${of('stallFromMs')}; before ${of('usualGapMs')})`,
    `new flow ${of('newFlowMs')}, worst ${of('newFlowWorstMs')} (before ${of('usualFlowMs')})`,
    `restored after ${of('restoredMs')} (stall ${of('restoreStallMs')})`,
    `lost ${of('flowsLost')}; emulator late ${of('emulatorLateMs')}`,
  ].join('; ');
}
