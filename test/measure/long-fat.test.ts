// Long and fat WANs, measured: one transfer has more under way than the 16 MiB that a socket may hold without rates.
import { expect, test } from 'vitest';
import { askControl } from '../../src/control/control-socket.ts';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { measureRate } from '../../src/lab/measure/measure-rate.ts';
import type { ConfigTable } from '../../src/config/toml-writer.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';

const RATE = '200mbit';
// 300 ms there and back: 15 MB under way, and as much again for what waits behind a loss. The queue is long because cubic
// takes longer than a test to recover from the end of its slow start.
const WAN = `${RATE},delay=150ms,queue=2s`;
const MIB = 2 ** 20;
const SECONDS = 8;
const ROUTER_GRACE_MS = 10_000;
// 1.33 to 1.47, and once 1.03, beside the labs of others (tried).
const GAIN = 1.15;

test('a limit by rates and round trip carries more than the least one', {
  retry: 1,
  timeout: 120_000,
}, async () => {
  const lab = await buildLab({ wans: [WAN, WAN] });
  try {
    await lab.startOrigin();
    const server = await lab.startServer();
    const least = await download(lab, server, { relay: { 'buffer-max': '16MiB' } }, 16 * MIB);
    const rates = { 'rate-down': RATE, 'rate-up': RATE };
    const wan = lab.wans.map(({ name, device }) => ({ name, interface: device, ...rates }));
    const computed = await download(lab, server, { wan }, 64 * MIB);
    expect(computed, `with 16 MiB: ${least} Mbit/s`).toBeGreaterThan(least * GAIN);
  } finally {
    await lab.close();
  }
});

/** Goodput in Mbit/s, once sockets may hold so much. */
async function download(
  lab: Lab,
  server: LabProcess,
  overrides: ConfigTable,
  bytes: number,
): Promise<number> {
  const router = await lab.startRouter({ overrides });
  await waitUntil('the limit is in force', async () => (await bufferMaxBytes(lab)) >= bytes);
  const { mbps } = await measureRate(lab, { router, server }, 'down', SECONDS, () => undefined);
  await router.stop(ROUTER_GRACE_MS);
  return mbps;
}

async function bufferMaxBytes(lab: Lab): Promise<number> {
  const status = await askControl(lab.files.stateDir('router'), 'status');
  return (status as { limits: { buffer: { bytes: number } } }).limits.buffer.bytes;
}
