// Requests of Shadowsocks that somebody has recorded and sends again: to every worker, and after a restart of the server.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAddress } from '../src/base/address.ts';
import { passwordKey } from '../src/config/shadowsocks-key.ts';
import { METHODS, type Method } from '../src/config/shadowsocks-method.ts';
import { ORIGIN, SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { createShadowsocksClient } from '../src/transport/shadowsocks/client.ts';
import { type CountingOrigin, startCountingOrigin } from './support/counting-origin.ts';
import { failuresDuring } from './support/failure-growth.ts';
import { countOutcomes, type ProbeResult, probeAll } from './support/tcp-probe.ts';
import { waitUntil } from '../src/lab/wait-until.ts';

const PORTS = { '2022-blake3-aes-128-gcm': 8388, 'aes-128-gcm': 8389 };
type Name = keyof typeof PORTS;
const PSK = Buffer.alloc(16, 9);
// Of the 2017 edition this is but a text.
const PASSWORD = PSK.toString('base64');
// Each connection goes to one of two workers by its port: enough for both.
const TIMES = 24;

let lab: Lab;
let origin: CountingOrigin;
let server: LabProcess;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped'] });
  origin = await startCountingOrigin(lab.hosts.origin, 5003);
  server = await startServer();
});
afterAll(() => lab?.close());

function startServer(): Promise<LabProcess> {
  const listen = Object.entries(PORTS).map(([method, port]) => {
    return { transport: 'shadowsocks', port, method, password: PASSWORD };
  });
  return lab.startServer({ overrides: { listen, relay: { workers: 2 } } });
}

/** A whole request, as it is seen on its way. */
function record(name: Name, aheadMs = 0): Buffer {
  const method = METHODS.get(name) as Method;
  const key = method.edition === 2022 ? PSK : passwordKey(PASSWORD, method.keyBytes);
  const target = { address: parseAddress(ORIGIN.address4), port: origin.port };
  return createShadowsocksClient({ method, keys: [key], now: () => Date.now() + aheadMs })
    .start(target)
    .hello(Buffer.from('once'));
}

function send(name: Name, request: Buffer, times: number): Promise<ProbeResult[]> {
  const one = { address: SERVER.address4, port: PORTS[name], send: request };
  return probeAll(
    lab.hosts.lan,
    Array.from({ length: times }, () => one),
  );
}

/** One that the server has answered: in its first second it takes none of the 2022 edition. */
function answered(name: Name, aheadMs = 0): Promise<Buffer> {
  return waitUntil('a request is answered', async () => {
    const request = record(name, aheadMs);
    const [result] = await send(name, request, 1);
    return (result?.received.length ?? 0) > 0 && request;
  });
}

async function expectRefused(name: Name, request: Buffer, reason: string): Promise<void> {
  const before = origin.accepted();
  const failed = await failuresDuring(lab, 'server', async () => {
    const results = await send(name, request, TIMES);
    expect(countOutcomes(results)).toEqual({ ECONNRESET: TIMES });
    expect(results.filter(({ received }) => received.length > 0)).toEqual([]);
  });
  expect(failed).toEqual({ [reason]: TIMES });
  expect(origin.accepted()).toBe(before);
}

test.each(Object.keys(PORTS) as Name[])('%s: refused by every worker', async (name) => {
  await expectRefused(name, await answered(name), 'replayed');
});

test.each([0, 20_000])(
  '2022-blake3-aes-128-gcm, a clock %i ms ahead: refused after a restart',
  async (aheadMs) => {
    const request = await answered('2022-blake3-aes-128-gcm', aheadMs);
    server.kill('SIGKILL');
    await server.exited;
    server = await startServer();
    await expectRefused('2022-blake3-aes-128-gcm', request, 'clock');
    // Whoever comes with a new one is served.
    await answered('2022-blake3-aes-128-gcm', aheadMs + 5000);
  },
);
