// The lab itself, without wanbond: plain routing works at the set rates, and nothing is left afterwards.
import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ORIGIN, SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { runDirectory } from '../src/lab/reap.ts';
import { runFlows, runTransfer } from '../src/lab/traffic-programs.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';

const namespacesOf = (lab: Lab): string[] =>
  readdirSync('/run/netns').filter((one) => one.startsWith(lab.run));

async function withLab(
  wans: string[],
  work: (lab: Lab) => Promise<void>,
  options: object = {},
): Promise<void> {
  const lab = await buildLab({ wans, ...options });
  try {
    await work(lab);
  } finally {
    await lab.close();
  }
  expect(namespacesOf(lab)).toEqual([]);
  expect(existsSync(runDirectory(lab.run))).toBe(false);
}

/** Goodput in bits per second of so many bytes, from the first to the last. */
async function rateBps(lab: Lab, direction: 'down' | 'up', bytes: number): Promise<number> {
  const seed = 7;
  const result = await runTransfer(lab.hosts.lan, direction, lab.target, { bytes, seed });
  expect(result.sha256).toBe(streamSha256(seed, bytes));
  return (bytes * 8000) / result.totalMs;
}

// It measures, beside other tests: a second look tells a busy machine from a wrong link.
test('plain routing goes out by the first WAN at its rate, both ways, over IPv4 and IPv6', {
  retry: 2,
}, async () => {
  for (const family of [4, 6] as const) {
    await withLab(
      ['50mbit', '20mbit'],
      async (lab) => {
        await lab.startOrigin();
        for (const direction of ['down', 'up'] as const) {
          const bps = await rateBps(lab, direction, 12_000_000);
          expect(bps / 50e6).toBeGreaterThan(0.9);
          expect(bps / 50e6).toBeLessThan(1.01);
        }
        // Without the first WAN the second carries it: it has its own rate, gateway and routes.
        await lab.setWan('wan1', 'down');
        const bps = await rateBps(lab, 'down', 5_000_000);
        expect(bps / 20e6).toBeGreaterThan(0.9);
        expect(bps / 20e6).toBeLessThan(1.01);
        await lab.setWan('wan1', 'up');
        expect((await rateBps(lab, 'down', 12_000_000)) / 50e6).toBeGreaterThan(0.9);
      },
      { family },
    );
  }
});

test('every WAN reaches the server by its own address, also with source-specific IPv6 routes', async () => {
  await withLab(
    ['unshaped', '50mbit', '50mbit,delay=5ms'],
    async (lab) => {
      for (const wan of lab.wans) {
        for (const [source, to] of [
          [wan.router4, SERVER.address4],
          [wan.router6, SERVER.address6],
          [wan.router6, ORIGIN.address6],
        ] as const) {
          const route = await lab.hosts.router.must([
            'ip',
            'route',
            'get',
            to,
            'from',
            source,
            'oif',
            wan.device,
          ]);
          expect(route).toContain(wan.device);
        }
      }
      const routes = await lab.hosts.router.must(['ip', '-6', 'route', 'show', 'default']);
      expect(routes).toContain(`default from ${lab.wans[1]?.prefix6} via ${lab.wans[1]?.gateway6} dev wan2`);
    },
    { sourceSpecific: true, family: 6 },
  );
});

test('an emulated WAN adds its delay', async () => {
  await withLab(['50mbit,delay=20ms'], async (lab) => {
    await lab.startOrigin();
    const flows = await runFlows(lab.hosts.lan, lab.target, {
      count: 5,
      concurrency: 1,
      bytes: 100,
      direction: 'down',
    });
    expect(flows.equal).toBe(5);
    // Handshake and request: two round trips of 40 ms.
    expect(flows.firstByteMedianMs).toBeGreaterThan(79);
    expect(flows.firstByteMedianMs).toBeLessThan(120);
  });
});

test('a failed build leaves nothing', async () => {
  await expect(buildLab({ wans: ['50mbit', 'nonsense'] })).rejects.toThrow(/nonsense/);
  await expect(buildLab({ wans: [] })).rejects.toThrow(/1 to 8/);
  const mine = `wb-${process.pid.toString(36)}-`;
  expect(readdirSync('/run/netns').filter((one) => one.startsWith(mine))).toEqual([]);
});
