// The links of the lab, without wanbond: plain routing has the rates that were asked for.
import { expect, test } from 'vitest';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import { runTransfer } from '../../src/lab/traffic-programs.ts';
import { streamSha256 } from '../../src/lab/traffic/byte-stream.ts';

/** Goodput in bits per second of so many bytes, from the first to the last. */
async function rateBps(lab: Lab, direction: 'down' | 'up', bytes: number): Promise<number> {
  const seed = 7;
  const result = await runTransfer(lab.hosts.lan, direction, lab.target, { bytes, seed });
  expect(result.sha256).toBe(streamSha256(seed, bytes));
  return (bytes * 8000) / result.totalMs;
}

// A second look tells a busy machine from a wrong link.
test('plain routing goes out by the first WAN at its rate, both ways, over IPv4 and IPv6', {
  timeout: 120_000,
}, async () => {
  for (const family of [4, 6] as const) {
    const lab = await buildLab({ wans: ['50mbit', '20mbit'], family });
    try {
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
    } finally {
      await lab.close();
    }
  }
});
