// Sealed flows over real loopback sockets, driven turn by turn: unchanged both ways, and reset when something was forged.
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { SHUT_WR } from '../../linux/constants.ts';
import { rawSend, rawShutdown } from '../../linux/libc.ts';
import { METHODS, type Method } from '../../config/shadowsocks-method.ts';
import { createShadowsocksClient } from '../../transport/shadowsocks/client.ts';
import { createShadowsocksServer } from '../../transport/shadowsocks/server.ts';
import type { StreamCodec } from '../../transport/stream-codec.ts';
import { readCounters } from '../counters.ts';
import { connectedPair } from '../../linux/loopback.fixture.ts';
import { Rig } from './flow-rig.fixture.ts';

const NOW_MS = 1_800_000_000_000;
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');
const rigs: Rig[] = [];
afterEach(() => {
  for (const one of rigs.splice(0)) one.close();
});

/** The codecs of both ends behind a request that has been read. */
function codecs(method: Method): { client: StreamCodec; server: StreamCodec } {
  const key = Buffer.alloc(method.keyBytes, 7);
  const now = (): number => NOW_MS;
  const handshake = createShadowsocksClient({ method, keys: [key], now }).start({
    address: new Uint8Array(16).fill(1),
    port: 443,
  });
  const users = [{ name: 'anna', key }] as const;
  const options = { method, users, now, identityKey: undefined, startedAtMs: 0 };
  const server = createShadowsocksServer({ ...options, admit: () => 'fresh' }).start();
  const dial = server.receive(handshake.hello(Buffer.alloc(0)));
  const step = handshake.receive(Buffer.alloc(0));
  if (dial.kind !== 'dial' || !dial.sealed || step.kind !== 'established' || !step.codec)
    throw new Error('no codec');
  return { client: step.codec, server: dial.sealed.codec };
}

function rig(codec: StreamCodec, side: 'near' | 'far'): Rig {
  const one = new Rig(undefined, connectedPair(), connectedPair(), undefined, { sealed: { side, codec } });
  rigs.push(one);
  return one;
}

/** What comes out of `to` when `data` goes into `from`, all of it before anything is read. */
function through(one: Rig, from: number, to: number, data: Buffer): Buffer {
  const out: Buffer[] = [];
  for (let sent = 0, idle = 0; idle < 20; ) {
    const piece = data.subarray(sent, sent + 100_000);
    if (piece.length > 0) sent += Math.max(0, rawSend(from, piece, piece.length, 0));
    // On a busy machine the kernel has bytes under way between two turns of ours.
    one.loop.round(sent < data.length ? 0 : 5);
    const got = one.read(to);
    if (got && got.length > 0) out.push(got);
    idle = got?.length || sent < data.length ? 0 : idle + 1;
  }
  return Buffer.concat(out);
}

test.each([...METHODS.values()])('$name: sealed towards the far end, opened on the way back', (method) => {
  const { client, server } = codecs(method);
  const [router, far] = [rig(client, 'far'), rig(server, 'near')];
  const data = randomBytes(3_000_000);
  const sealed = through(router, router.device, router.origin, data);
  expect(sealed.length).toBeGreaterThan(data.length);
  expect(sha256(through(far, far.device, far.origin, sealed))).toBe(sha256(data));
  const answer = through(far, far.origin, far.device, data);
  expect(sha256(through(router, router.origin, router.device, answer))).toBe(sha256(data));
  for (const { memory } of [router, far]) {
    const { bytesToFar, bytesToNear, bytesSpliced } = readCounters(memory);
    expect([bytesToFar, bytesToNear, bytesSpliced]).toEqual([data.length, data.length, 0]);
  }
});

test.each(['forged', 'cut off'] as const)('%s: both sides are reset', (how) => {
  const { client, server } = codecs([...METHODS.values()][0] as Method);
  const [router, far] = [rig(client, 'far'), rig(server, 'near')];
  const sealed = through(router, router.device, router.origin, randomBytes(10_000));
  const bad = how === 'forged' ? Buffer.from(sealed) : sealed.subarray(0, -1);
  if (how === 'forged') bad[5000] = (bad[5000] as number) ^ 1;
  through(far, far.device, far.origin, Buffer.alloc(0));
  rawSend(far.device, bad, bad.length, 0);
  if (how === 'cut off') rawShutdown(far.device, SHUT_WR);
  far.until(() => far.flows.size === 0);
  expect(readCounters(far.memory).flowsReset).toBe(1);
});

test('what came before a record that is cut off arrives, also where the end comes with it', () => {
  const { client, server } = codecs([...METHODS.values()][0] as Method);
  const [router, far] = [rig(client, 'far'), rig(server, 'near')];
  const data = randomBytes(500);
  const whole = through(router, router.device, router.origin, data);
  const cut = through(router, router.device, router.origin, data).subarray(0, -1);
  const both = Buffer.concat([whole, cut]);
  rawSend(far.device, both, both.length, 0);
  rawShutdown(far.device, SHUT_WR);
  far.until(() => far.flows.size === 0);
  expect(far.read(far.origin)).toEqual(data);
});
