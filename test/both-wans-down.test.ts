// Both WANs down for 90 s, a van in a tunnel: flows go on within seconds after the first of them is back, and end whole.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { BACKBONE } from '../src/lab/addresses.ts';
import type { CutKind } from '../src/lab/measure/cut-spec.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { cutLink, restoreLink } from '../src/lab/measure/link-cut.ts';
import { startTransfer } from '../src/lab/traffic-programs.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { monotonicMs } from '../src/lab/traffic/sample.ts';
import { receivedBytes } from './support/received-bytes.ts';
import { waitUntil } from '../src/lab/wait-until.ts';

interface Outage {
  readonly name: string;
  readonly kind: CutKind;
  /** In the order in which they go and come back, and how long the second one comes after the first. */
  readonly down: readonly string[];
  readonly downApartMs: number;
  readonly up: readonly string[];
  readonly upApartMs: number;
}

const OUTAGES: readonly Outage[] = [
  {
    name: 'carrier of both at once',
    kind: 'carrier',
    down: ['wan1', 'wan2'],
    downApartMs: 0,
    up: ['wan1', 'wan2'],
    upApartMs: 0,
  },
  {
    name: 'carrier of one after the other, the last one first back',
    kind: 'carrier',
    down: ['wan1', 'wan2'],
    downApartMs: 1000,
    up: ['wan2', 'wan1'],
    upApartMs: 15_000,
  },
  {
    name: 'carrier of one after the other, the first one first back',
    kind: 'carrier',
    down: ['wan1', 'wan2'],
    downApartMs: 1000,
    up: ['wan1', 'wan2'],
    upApartMs: 15_000,
  },
  {
    name: 'silent, one back before the other',
    kind: 'silent',
    down: ['wan1', 'wan2'],
    downApartMs: 0,
    up: ['wan1', 'wan2'],
    upApartMs: 15_000,
  },
];
const DOWN_MS = 90_000;
// Slow enough that both transfers are in the middle when all goes dark, and go on long enough afterwards to be seen.
const RATE_BPS = 4e6;
const BYTES = 10_000_000;
// Without the renewal of what was kept, the next retransmission was up to 60 s away.
const GOES_ON_MS = 10_000;
// More than the acknowledgements of the other transfer.
const SURELY_BYTES = 200_000;

test.concurrent.each(OUTAGES)(
  '$name',
  async (outage) => {
    const lab = await buildLab({ wans: ['10mbit,delay=10ms', '10mbit,delay=10ms'] });
    try {
      await goThrough(lab, outage);
    } finally {
      await lab.close();
    }
  },
  300_000,
);

async function goThrough(lab: Lab, outage: Outage): Promise<void> {
  await lab.startOrigin();
  await lab.startServer();
  const router = await lab.startRouter();
  const endpoints = () => lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'show']);
  const amount = { bytes: BYTES, seed: 3, rateBps: RATE_BPS };
  const down = startTransfer(lab.hosts.lan, 'down', lab.target, amount);
  const up = startTransfer(lab.hosts.lan, 'up', lab.target, amount);
  const read = {
    download: async () => down.samples.at(-1)?.bytes ?? 0,
    upload: async () => (await receivedBytes(lab.hosts.origin, [BACKBONE.device]))[0] ?? 0,
  };
  for (const [name, bytes] of Object.entries(read)) {
    await waitUntil(`the ${name} runs`, async () => (await bytes()) > 5 * SURELY_BYTES);
  }

  const cut = (wan: string) => ({ wan, kind: outage.kind, direction: 'both' as const });
  await inTurn(outage.down, outage.downApartMs, (wan) => cutLink(lab, cut(wan)));
  await sleep(DOWN_MS);
  expect(await read.download()).toBeLessThan(BYTES);
  expect(await read.upload()).toBeLessThan(BYTES);
  const backAtMs = monotonicMs();
  const isBack = inTurn(outage.up, outage.upApartMs, (wan) => restoreLink(lab, cut(wan)));
  const afterMs = await Promise.all(
    Object.entries(read).map(async ([name, bytes]) => {
      const before = await bytes();
      await waitUntil(`the ${name} goes on`, async () => (await bytes()) > before + SURELY_BYTES, 70_000);
      return [name, Math.round(monotonicMs() - backAtMs)] as const;
    }),
  );
  console.log(`${outage.name}: ${afterMs.map((one) => one.join(' after ')).join(' ms, ')} ms`);
  for (const transfer of [down, up]) expect((await transfer.result).sha256).toBe(streamSha256(3, BYTES));
  for (const [name, ms] of afterMs)
    expect(ms, `the ${name}\n${router.stderr.join('\n')}`).toBeLessThan(GOES_ON_MS);
  await isBack;
  await waitUntil('both are in the bond', async () => {
    const text = await endpoints();
    return outage.up.every((wan) => text.includes(`dev ${wan}`));
  });
}

async function inTurn(
  wans: readonly string[],
  apartMs: number,
  work: (wan: string) => Promise<unknown>,
): Promise<void> {
  for (const wan of wans) {
    await work(wan);
    if (wan !== wans.at(-1)) await sleep(apartMs);
  }
}
