// Both ends of every method against each other: any split of the streams, a flipped bit anywhere, replays and stale times.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAddress, type SocketAddress } from '../../base/address.ts';
import type { DialStep, ServerStep } from '../handshake.ts';
import type { StreamCodec } from '../stream-codec.ts';
import { createShadowsocksClient } from './client.ts';
import { METHODS, type Method } from '../../config/shadowsocks-method.ts';
import { createShadowsocksServer, type ShadowsocksServerOptions } from './server.ts';

const NOW_MS = 1_800_000_000_000;
const TARGET: SocketAddress = { address: parseAddress('2001:db8::5'), port: 443 };
const EARLY = Buffer.from('first bytes of the device');
const ANSWER = Buffer.alloc(100_000, 'answer');
const ALL = [...METHODS.values()];
const OF_2022 = ALL.filter(({ edition }) => edition === 2022);
const WITH_IDENTITY = OF_2022.filter(({ cipher }) => cipher !== 'chacha20-poly1305');

interface PairOptions extends Partial<Omit<ShadowsocksServerOptions, 'method'>> {
  readonly clientNow?: () => number;
  readonly keys?: readonly [...Uint8Array[], Uint8Array];
}

const keyOf = ({ keyBytes }: Method, fill: number): Buffer => Buffer.alloc(keyBytes, fill);

function pair(method: Method, { clientNow, keys, ...options }: PairOptions = {}) {
  const seen = new Set<string>();
  const key = keyOf(method, 7);
  const client = createShadowsocksClient({ method, keys: keys ?? [key], now: clientNow ?? (() => NOW_MS) });
  const server = createShadowsocksServer({
    method,
    identityKey: undefined,
    users: [{ name: 'anna', key }],
    admit: (_, salt) => {
      const text = Buffer.from(salt).toString('hex');
      if (seen.has(text)) return 'replayed';
      seen.add(text);
      return 'fresh';
    },
    now: () => NOW_MS,
    startedAtMs: 0,
    ...options,
  });
  return { client, server };
}

/** The client's hello, and the codec that goes with it. */
function request(client: ReturnType<typeof pair>['client'], early: Buffer = EARLY) {
  const handshake = client.start(TARGET);
  const hello = handshake.hello(early);
  const step = handshake.receive(Buffer.alloc(0));
  if (step.kind !== 'established' || !step.codec) throw new Error(step.kind);
  return { hello, codec: step.codec };
}

type SealedDial = DialStep & Required<Pick<DialStep, 'sealed'>>;

function dialled(step: ServerStep): SealedDial {
  if (step.kind !== 'dial' || !step.sealed) throw new Error(JSON.stringify(step));
  return step as SealedDial;
}

function seal(codec: StreamCodec, plain: Uint8Array): Buffer {
  const into = Buffer.alloc(codec.sealedBytes(plain.length));
  return into.subarray(0, codec.seal(plain, into));
}

/** `bytes` cut at every place of `cuts`. */
function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
}

function openAll(codec: StreamCodec, parts: readonly Buffer[]): Buffer | undefined {
  const plain: Buffer[] = [];
  for (const part of parts) {
    const opened = codec.open(part);
    if (!opened) return undefined;
    plain.push(...opened);
  }
  return Buffer.concat(plain);
}

/** `toEqual` looks at large buffers byte by byte, and takes a second for it. */
const same = (got: Buffer | undefined, wanted: Buffer): boolean => got?.equals(wanted) ?? false;

const cuts = fc.array(fc.nat(200_000), { maxLength: 12 });

describe.each(ALL)('$name', (method) => {
  test('carries target, first bytes and both directions, however they are split', () => {
    fc.assert(
      fc.property(cuts, cuts, fc.boolean(), (there, back, hasEarly) => {
        const { client, server } = pair(method);
        const early = hasEarly ? EARLY : Buffer.alloc(0);
        const { hello, codec } = request(client, early);
        const dial = dialled(server.start().receive(hello));
        expect(dial).toMatchObject({
          target: TARGET,
          who: 'user anna',
          sealed: { first: early },
          consumed: hello.length,
        });
        expect(same(openAll(dial.sealed.codec, split(seal(codec, ANSWER), there)), ANSWER)).toBe(true);
        const parts = split(
          Buffer.concat([seal(dial.sealed.codec, ANSWER), seal(dial.sealed.codec, EARLY)]),
          back,
        );
        expect(same(openAll(codec, parts), Buffer.concat([ANSWER, EARLY]))).toBe(true);
        expect([codec.isInside, dial.sealed.codec.isInside]).toEqual([false, false]);
      }),
      { numRuns: 30 },
    );
  });

  test('an incomplete request waits, and asks nothing of what was seen', () => {
    const { client, server } = pair(method, { admit: () => 'replayed' });
    const { hello } = request(client);
    expect(server.start().receive(hello.subarray(0, hello.length - 1))).toEqual({ kind: 'more' });
  });

  test('one flipped bit anywhere in a request is refused', () => {
    const { client, server } = pair(method);
    const { hello } = request(client);
    for (let bit = 0; bit < hello.length * 8; bit++) {
      const forged = Buffer.from(hello);
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(server.start().receive(forged), `bit ${bit}`).toMatchObject({
        kind: 'reset',
        reason: 'not-authorized',
      });
    }
    expect(server.start().receive(hello).kind).toBe('dial');
  });

  test('one flipped bit anywhere in an answer ends the flow, and nothing behind it comes out', () => {
    const { client, server } = pair(method);
    const first = request(client);
    const answer = seal(dialled(server.start().receive(first.hello)).sealed.codec, EARLY);
    for (let byte = 0; byte < answer.length; byte++) {
      const { hello, codec } = request(client);
      const forged = seal(dialled(server.start().receive(hello)).sealed.codec, EARLY);
      forged[byte] = (forged[byte] as number) ^ (1 << (byte & 7));
      expect(openAll(codec, [forged, Buffer.alloc(1)]), `byte ${byte}`).toBeUndefined();
    }
  });

  test('the same request twice, and one of somebody without the key', () => {
    const { client, server } = pair(method);
    const { hello } = request(client);
    expect(server.start().receive(hello).kind).toBe('dial');
    expect(server.start().receive(hello)).toMatchObject({ kind: 'reset', reason: 'replayed' });
    const stranger = pair(method, { keys: [keyOf(method, 8)] }).client;
    expect(server.start().receive(request(stranger).hello)).toMatchObject({
      kind: 'reset',
      reason: 'not-authorized',
    });
  });
});

describe.each(OF_2022)('$name, its own', (method) => {
  test.each([
    [-31_000, 'clock'],
    [31_000, 'clock'],
  ])('a request %i ms from our time is refused, an answer too', (offsetMs, reason) => {
    const { client, server } = pair(method, { clientNow: () => NOW_MS + offsetMs });
    expect(server.start().receive(request(client).hello)).toMatchObject({ kind: 'reset', reason });
    let nowMs = NOW_MS;
    const late = pair(method, { clientNow: () => nowMs });
    const { hello, codec } = request(late.client);
    const dial = dialled(late.server.start().receive(hello));
    nowMs += offsetMs;
    expect(codec.open(seal(dial.sealed.codec, EARLY))).toBeUndefined();
  });

  test("a request from before the second of the server's start is refused", () => {
    const { client, server } = pair(method, { startedAtMs: NOW_MS + 1000 });
    expect(server.start().receive(request(client).hello)).toMatchObject({ kind: 'reset', reason: 'clock' });
  });

  test('one of that second is served: its time is in whole ones', () => {
    const { client, server } = pair(method, { startedAtMs: NOW_MS + 999 });
    dialled(server.start().receive(request(client).hello));
  });

  test('an answer to another request is refused', () => {
    const { client, server } = pair(method);
    const [mine, other] = [request(client), request(client)];
    expect(
      mine.codec.open(seal(dialled(server.start().receive(other.hello)).sealed.codec, EARLY)),
    ).toBeUndefined();
  });

  test('a first segment that is shorter than salt and header is refused at once', () => {
    const { client, server } = pair(method);
    expect(server.start().receive(request(client).hello.subarray(0, method.keyBytes + 26))).toMatchObject({
      kind: 'reset',
      reason: 'malformed',
    });
  });

  test('a request without first bytes is padded, each time by another length', () => {
    const { client } = pair(method);
    const lengths = Array.from({ length: 20 }, () => request(client, Buffer.alloc(0)).hello.length);
    expect(new Set(lengths).size).toBeGreaterThan(1);
  });

  test('first bytes beyond one header go on in chunks', () => {
    const { client, server } = pair(method);
    const { hello } = request(client, ANSWER);
    const dial = dialled(server.start().receive(hello));
    const rest = dial.sealed.codec.open(hello.subarray(dial.consumed));
    expect(same(Buffer.concat([dial.sealed.first, ...(rest ?? [])]), ANSWER)).toBe(true);
  });
});

describe.each(WITH_IDENTITY)('$name with identity headers', (method) => {
  const identityKey = keyOf(method, 50);
  const users = [
    { name: 'bob', key: keyOf(method, 4) },
    { name: 'carl', key: keyOf(method, 9) },
  ] as const;

  test('each user is known by the key', () => {
    for (const { name, key } of users) {
      const { client, server } = pair(method, { identityKey, users, keys: [identityKey, key] });
      const { hello, codec } = request(client);
      const dial = dialled(server.start().receive(hello));
      expect(dial).toMatchObject({ who: `user ${name}`, target: TARGET, sealed: { first: EARLY } });
      expect(same(openAll(codec, [seal(dial.sealed.codec, ANSWER)]), ANSWER)).toBe(true);
    }
  });

  test('an unknown user, another identity key, and none are refused', () => {
    const keys = [
      [identityKey, keyOf(method, 5)],
      [keyOf(method, 51), users[0].key],
      [users[0].key],
    ] as const;
    for (const one of keys) {
      const { client, server } = pair(method, { identityKey, users, keys: one });
      expect(server.start().receive(request(client).hello)).toMatchObject({
        kind: 'reset',
        reason: 'not-authorized',
      });
    }
  });
});
