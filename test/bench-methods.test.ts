// Every method that `make bench` compares carries flows as they are, over both WANs if it bonds, on the same ground.
import { afterEach, describe, expect, test } from 'vitest';
import type { Carrier, Method } from '../bench/method.ts';
import { METHODS } from '../bench/methods/all.ts';
import { Host } from '../src/lab/host.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { parseInterfaceBytes } from '../src/lab/measure/proc-files.ts';
import { runFlows, startOrigin, startTransfer } from '../src/lab/traffic-programs.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { mptcpCounters } from './support/mptcp-counters.ts';

const COUNT = 20;
const LONG_BYTES = 30_000_000;
const FIRST_BYTE_TIMEOUT_MS = 20_000;
// Of equal WANs each has a half; the second one joins after the first has begun.
const LEAST_SHARE = 0.2;

let lab: Lab;

afterEach(() => lab?.close());

/** A host on which every program's TCP sockets are MPTCP. The lab's end ends them, being in its namespace. */
class MptcpHost extends Host {
  override enter(argv: readonly string[]): string[] {
    return super.enter(['mptcpize', 'run', ...argv]);
  }
}

const speaking = ({ isNative }: Method, host: Host): Host =>
  isNative ? new MptcpHost(lab.run, host.name) : host;

async function start(method: Method): Promise<Carrier> {
  lab = await buildLab({ wans: ['50mbit', '50mbit'], ...method.lab });
  await startOrigin(speaking(method, lab.hosts.origin), lab.target);
  return method.start(lab);
}

async function wanBytes(): Promise<number[]> {
  const all = parseInterfaceBytes(await lab.hosts.router.must(['cat', '/proc/net/dev']));
  return lab.wans.map(({ device }) => all.get(device)?.rxBytes ?? 0);
}

/** Of all TCP connections and subflows that are open on any host. */
async function congestionControls(): Promise<string[]> {
  const listings = await Promise.all(
    Object.values(lab.hosts).map((host) => host.must(['ss', '-tinH', 'state', 'established'])),
  );
  return [...new Set(listings.join('').match(/\b(?:cubic|bbr|reno)\b/g))];
}

describe.each(METHODS)('$name', (method) => {
  test('carries flows, over every WAN if it bonds', async () => {
    const carrier = await start(method);
    expect(carrier.version).toMatch(/^\S+ \S*\d/);
    const client = speaking(method, carrier.client ?? lab.hosts.lan);
    const amount = { count: COUNT, concurrency: 5, bytes: 300_000, direction: 'down' } as const;
    expect(await runFlows(client, lab.target, amount)).toMatchObject({ equal: COUNT, failed: {} });
    const before = await wanBytes();
    const long = startTransfer(client, 'down', lab.target, { bytes: LONG_BYTES, seed: 5 });
    await long.process.waitFor(/^\{"sample"/, FIRST_BYTE_TIMEOUT_MS);
    // On lossy paths, as full queues make them, wanbond may take another.
    if (!method.name.startsWith('wanbond')) expect(await congestionControls()).toEqual(['cubic']);
    expect(await long.result).toMatchObject({ bytes: LONG_BYTES, sha256: streamSha256(5, LONG_BYTES) });
    const moved = (await wanBytes()).map((bytes, i) => bytes - (before[i] as number));
    const total = moved.reduce((sum, bytes) => sum + bytes, 0);
    const shares = moved.map((bytes) => bytes / total);
    if (method.bonds) expect(Math.min(...shares)).toBeGreaterThan(LEAST_SHARE);
    else expect(Math.max(...shares)).toBeGreaterThan(0.99);
    const joined = (await mptcpCounters(lab.hosts.router)).get('MPJoinSynAckRx') ?? 0;
    expect(joined > 0).toBe(method.bonds);
    for (const program of [...carrier.router, ...carrier.server]) expect(program.exit).toBeUndefined();
  });
});
