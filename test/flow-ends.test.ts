// How flows end and what holds them up: half-closes, resets and back-pressure are carried over as they are.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ORIGIN } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { readCounters } from './support/daemon-status.ts';
import { residentBytes } from './support/process-facts.ts';
import { type ScriptPeer, startPair } from './support/script-peer.ts';
import { waitUntil } from '../src/lab/wait-until.ts';

const MIB = 1 << 20;

let lab: Lab;
let router: LabProcess;
let server: LabProcess;
let port = 6000;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
  server = await lab.startServer();
  router = await lab.startRouter();
});

afterAll(() => lab?.close());

async function nothingIsOpen(): Promise<void> {
  for (const role of ['router', 'server'] as const) {
    await waitUntil(`${role} has no flow left`, async () => (await readCounters(lab, role)).flowsOpen === 0);
  }
}

const FAMILIES = [
  ['IPv4', ORIGIN.address4],
  ['IPv6', ORIGIN.address6],
] as const;

for (const [family, address] of FAMILIES) {
  test(`a client that ends its direction still receives, ${family}`, async () => {
    const { lan, origin } = await startPair(
      lab,
      port++,
      {
        lan: [['send', MIB], ['fin'], ['readAll']],
        origin: [['readAll'], ['send', 3 * MIB], ['fin']],
      },
      address,
    );
    const sent = [await lan.done(0), await origin.done(1)] as const;
    expect(await origin.done(0)).toMatchObject({ bytes: MIB, sha256: sent[0].sha256, outcome: 'end' });
    expect(await lan.done(2)).toMatchObject({ bytes: 3 * MIB, sha256: sent[1].sha256, outcome: 'end' });
    await nothingIsOpen();
  });

  test(`a server that ends its direction first still receives, ${family}`, async () => {
    const { lan, origin } = await startPair(
      lab,
      port++,
      {
        lan: [['readAll'], ['send', 2 * MIB], ['fin']],
        origin: [['send', MIB], ['fin'], ['readAll']],
      },
      address,
    );
    const sent = [await origin.done(0), await lan.done(1)] as const;
    expect(await lan.done(0)).toMatchObject({ bytes: MIB, sha256: sent[0].sha256, outcome: 'end' });
    expect(await origin.done(2)).toMatchObject({ bytes: 2 * MIB, sha256: sent[1].sha256, outcome: 'end' });
    await nothingIsOpen();
  });
}

/** The flow was reset on both daemons, and is gone. */
async function countResets(work: () => Promise<void>): Promise<void> {
  const resets = async (): Promise<number[]> => [
    (await readCounters(lab, 'router')).flowsReset,
    (await readCounters(lab, 'server')).flowsReset,
  ];
  const before = await resets();
  await work();
  await nothingIsOpen();
  expect(await resets()).toEqual(before.map((count) => count + 1));
}

for (const bytes of [100, 4 * MIB]) {
  test(`an origin's reset after ${bytes} bytes is a reset for the LAN device`, async () => {
    await countResets(async () => {
      const { lan } = await startPair(lab, port++, {
        lan: [['send', 10], ['readAll']],
        origin: [['read', 10], ['send', bytes], ['reset']],
      });
      expect(await lan.done(1)).toMatchObject({ outcome: 'ECONNRESET' });
    });
  });

  test(`a LAN device's reset after ${bytes} bytes is a reset for the origin`, async () => {
    await countResets(async () => {
      const { origin } = await startPair(lab, port++, {
        lan: [['send', bytes], ['read', 10], ['reset']],
        origin: [['read', bytes], ['send', 10], ['readAll']],
      });
      expect(await origin.done(2)).toMatchObject({ bytes, outcome: 'ECONNRESET' });
    });
  });
}

test('an origin that resets after the LAN device has ended its direction', async () => {
  await countResets(async () => {
    const { lan } = await startPair(lab, port++, {
      lan: [['send', 10], ['fin'], ['readAll']],
      origin: [['readAll'], ['send', 10], ['reset']],
    });
    expect(await lan.done(2)).toMatchObject({ outcome: 'ECONNRESET' });
  });
});

test('a LAN device that resets after it has ended its direction', async () => {
  await countResets(async () => {
    const { origin } = await startPair(lab, port++, {
      lan: [['send', 10], ['fin'], ['read', 10], ['reset']],
      origin: [['read', 10], ['send', 10], ['signal'], ['send', 100 * MIB]],
    });
    await origin.done(1);
    origin.go();
    // The origin only writes: what it meets is the reset, not a connection that takes everything.
    expect((await origin.done(3)).sentBytes).toBeLessThan(100 * MIB);
  });
});

// More than all buffers on the way together: 16 MiB for each of the four sockets of router and server (those of the server may
// become larger, but nothing here makes them), and those of the ends.
const MORE_THAN_BUFFERS = 256 * MIB;
const BUFFERS = 128 * MIB;
const STILL_MS = 1000;
const GROWTH = 24 * MIB;

/** Waits until the kernel takes nothing more from the sender; how much it took. */
async function stalled(sender: ScriptPeer): Promise<number> {
  let last = { taken: 0, atMs: performance.now() };
  return waitUntil(
    'the sender is held up',
    () => {
      const taken = sender.taken();
      if (taken > last.taken) last = { taken, atMs: performance.now() };
      return taken > 0 && performance.now() - last.atMs > STILL_MS && taken;
    },
    60_000,
  );
}

async function holdsUp(sender: ScriptPeer, reader: ScriptPeer, before: readonly number[]): Promise<void> {
  expect(await stalled(sender)).toBeLessThan(BUFFERS);
  const growth = [router, server].map(({ pid }, i) => residentBytes(pid) - (before[i] as number));
  for (const one of growth) expect(one).toBeLessThan(GROWTH);
  reader.go();
  const { sha256 } = await sender.done(0);
  expect(await reader.done(1)).toMatchObject({ bytes: MORE_THAN_BUFFERS, sha256, outcome: 'end' });
}

test('a LAN device that does not read makes the origin stop, and nothing piles up in between', async () => {
  const before = [router, server].map(({ pid }) => residentBytes(pid));
  const { lan, origin } = await startPair(lab, port++, {
    lan: [['signal'], ['readAll'], ['fin']],
    origin: [['send', MORE_THAN_BUFFERS], ['fin']],
  });
  await holdsUp(origin, lan, before);
  await origin.process.exited;
  await nothingIsOpen();
});

test('an origin that does not read makes the LAN device stop', async () => {
  const before = [router, server].map(({ pid }) => residentBytes(pid));
  const { lan, origin } = await startPair(lab, port++, {
    lan: [['send', MORE_THAN_BUFFERS], ['fin']],
    origin: [['signal'], ['readAll'], ['fin']],
  });
  await holdsUp(lan, origin, before);
  await nothingIsOpen();
});

test('bytes that come in small pieces are passed on as they come, both ways at once', async () => {
  // In all more than what makes a transfer bulk, in pieces far below it.
  const drip = ['send', 600_000, 3000, 5] as const;
  const { lan, origin } = await startPair(lab, port++, {
    lan: [drip, ['fin'], ['readAll']],
    origin: [drip, ['fin'], ['readAll']],
  });
  const { sha256 } = await lan.done(0);
  expect(await lan.done(2)).toMatchObject({ bytes: 600_000, sha256, outcome: 'end' });
  expect(await origin.done(2)).toMatchObject({ bytes: 600_000, sha256, outcome: 'end' });
});

test('single bytes reach the other side each by itself, also on a flow that was bulk before', async () => {
  const bulk = 2 * MIB;
  const { lan, origin } = await startPair(lab, port++, {
    lan: [['read', bulk], ['send', 1], ['read', 1], ['send', 1], ['readAll']],
    origin: [['send', bulk], ['read', 1], ['send', 1], ['read', 1], ['fin']],
  });
  expect(await lan.done(4)).toMatchObject({ bytes: bulk + 1, outcome: 'end' });
  expect(await origin.done(3)).toMatchObject({ bytes: 2 });
});
