// A download that runs while something else goes wrong, to show that it was not disturbed.
import { expect } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { streamSha256 } from '../../src/lab/traffic/byte-stream.ts';
import { startTransfer } from '../../src/lab/traffic-programs.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';

// Two seconds over two WANs of 50 Mbit/s.
const BYTES = 25_000_000;
const SEED = 11;

/** Runs `fault` while the download is under way; afterwards the download must have come to its end, complete and equal. */
export async function whileDownloading<T>(lab: Lab, fault: () => Promise<T>): Promise<T> {
  const download = startTransfer(lab.hosts.lan, 'down', lab.target, { bytes: BYTES, seed: SEED });
  await waitUntil('the download is under way', () => (download.samples.at(-1)?.bytes ?? 0) > 0);
  expect(download.process.exit).toBeUndefined();
  const result = await fault();
  expect(await download.result).toMatchObject({ bytes: BYTES, sha256: streamSha256(SEED, BYTES) });
  return result;
}
