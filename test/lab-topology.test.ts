// The lab itself, without wanbond: routes and delays are as asked for, and nothing is left afterwards.
import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ORIGIN, SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { runDirectory } from '../src/lab/reap.ts';
import { runFlows } from '../src/lab/traffic-programs.ts';

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
