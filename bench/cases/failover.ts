// The WAN of the default route dies under a running download: how long it stands still, and how long a new connection takes.
import { setTimeout as sleep } from 'node:timers/promises';
import { cutLink } from '../../src/lab/measure/link-cut.ts';
import { monotonicMs } from '../../src/lab/traffic/sample.ts';
import type { BenchCase, Metrics, Running, Setup } from '../bench-case.ts';
import { type HeldFlows, holdFlows } from '../load-programs.ts';
import { isShortlisted } from './shortlist.ts';

const BEFORE_MS = 3000;
// A connection that a person opens a moment after the cut.
const NEW_AFTER_MS = 1000;
const LOOK_MS = 4000;
// After so much longer a person has given up, and so have we.
const LOST_MS = 20_000;
const POLL_MS = 200;

async function measure({ lab, client, target }: Running, kind: 'carrier' | 'silent'): Promise<Metrics> {
  const held = holdFlows(client, target, { count: 1, traffic: 'down' });
  let opened: HeldFlows | undefined;
  try {
    await held.opened;
    await sleep(BEFORE_MS);
    const cutAtMs = await cutLink(lab, { wan: 'wan1', kind, direction: 'both' });
    await sleep(NEW_AFTER_MS);
    opened = holdFlows(client, target, { count: 1, traffic: 'none' });
    await sleep(LOOK_MS - NEW_AFTER_MS);
    const runs = (): boolean => (held.samples.at(-1)?.gapMs ?? Infinity) < POLL_MS * 2;
    const newMs = (): number | undefined => opened?.samples.at(-1)?.firstByteMs;
    while (!(runs() && newMs() !== undefined) && monotonicMs() < cutAtMs + LOST_MS) await sleep(POLL_MS);
    const gaps = held.samples.filter(({ atMs }) => atMs >= cutAtMs).map(({ gapMs }) => gapMs);
    const { lost = 0, failure } = held.samples.at(-1) ?? {};
    return {
      stallMs:
        lost === 0 && runs()
          ? Math.max(...gaps)
          : { failed: `the download was lost: ${failure ?? `nothing for ${LOST_MS / 1000} s`}` },
      newConnectionMs: newMs() ?? { failed: `no answer within ${(LOST_MS - NEW_AFTER_MS) / 1000} s` },
    };
  } finally {
    await opened?.stop();
    await held.stop();
  }
}

const LINK = '30mbit,delay=10ms';

const setup = (name: string, kind: 'carrier' | 'silent'): Setup => ({
  wans: [LINK, LINK],
  cuttable: true,
  variants: [{ name, measure: (running) => measure(running, kind) }],
});

export const failover: BenchCase = {
  name: 'failover',
  suits: isShortlisted,
  setups: [setup('carrier lost', 'carrier'), setup('silent', 'silent')],
};
