// A link that takes 1,400 bytes where its interface says 1,500, and on which no ICMP comes back, carries bulk data both
// ways: alone and beside a link that is well.
import { expect, test } from 'vitest';
import type { WanAddresses } from '../src/lab/addresses.ts';
import { buildLab } from '../src/lab/lab.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { narrowPath, untoldDrops } from './support/narrow-path.ts';

const BYTES = 100_000_000;
const SEED = 5;

// At the same time: most of it is waiting, for the kernel to find out.
test.concurrent.each([
  { what: 'alone', wans: ['unshaped'], family: 4 },
  { what: 'alone', wans: ['unshaped'], family: 6 },
  { what: 'beside another', wans: ['unshaped', 'unshaped'], family: 4 },
] as const)(
  '$what, over IPv$family: 100 MB go down and up',
  // With cubic one unshaped link alone stops for 200 ms time and again (docs/performance.md).
  { timeout: 400_000 },
  async ({ wans, family }) => {
    const lab = await buildLab({ wans, family });
    try {
      await narrowPath(lab, lab.wans[0] as WanAddresses, 1400);
      await Promise.all([lab.startOrigin(), lab.startServer()]);
      await lab.startRouter();
      const sha256 = streamSha256(SEED, BYTES);
      for (const direction of ['down', 'up'] as const) {
        const dropsBefore = await untoldDrops(lab);
        const result = await runTransfer(lab.hosts.lan, direction, lab.target, { bytes: BYTES, seed: SEED });
        expect(result).toMatchObject({ bytes: BYTES, sha256 });
        // Otherwise the test shows nothing.
        expect(await untoldDrops(lab)).toBeGreaterThan(dropsBefore);
      }
    } finally {
      await lab.close();
    }
  },
);
