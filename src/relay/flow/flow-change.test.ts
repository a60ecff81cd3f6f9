// Flows that go on over another connection, on either side: every byte arrives once and in order, whatever had got how far.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { SHUT_WR, SO_SNDBUF, SOL_SOCKET } from '../../linux/constants.ts';
import { CAP_NET_ADMIN, hasCapability, ownCapabilities } from '../../linux/features.ts';
import { close, getsockoptInt, rawSend, rawShutdown } from '../../linux/libc.ts';
import { setSendBuffer } from '../../linux/send-paths.ts';
import { Conn } from '../loop/conn.ts';
import { connectedPair } from '../../linux/loopback.fixture.ts';
import { Rig } from './flow-rig.fixture.ts';
import { KEPT_BYTES, KEPT_MS } from './sent-copy.ts';

const opened: number[] = [];
const rigs: Rig[] = [];
afterEach(() => {
  for (const one of rigs.splice(0)) one.close();
  for (const fd of opened.splice(0)) close(fd);
});

/** A flow that keeps a copy of what it sends to one side. */
function keeping(side: 'toNear' | 'toFar'): Rig {
  const rig = new Rig(undefined, undefined, undefined, side);
  rigs.push(rig);
  return rig;
}

/** Another connection for one side: the outer end, and the one for the flow. */
function another(rig: Rig): { outer: number; conn: Conn } {
  const [outer, inner] = connectedPair();
  opened.push(outer);
  const conn = Conn.watch(rig.loop, inner, false);
  if (!conn) throw new Error('no memory');
  return { outer, conn };
}

function sendAll(rig: Rig, fd: number, bytes: Buffer): void {
  let sent = 0;
  rig.until(() => {
    sent += Math.max(0, sent < bytes.length ? rawSend(fd, bytes.subarray(sent), bytes.length - sent, 0) : 0);
    return sent === bytes.length;
  });
}

/** Reads until `bytes` have come, or the end. */
function readAll(rig: Rig, fd: number, bytes: number): Buffer {
  const parts: Buffer[] = [];
  let count = 0;
  rig.until(() => {
    const part = rig.read(fd);
    if (!part) return true;
    parts.push(part);
    count += part.length;
    return count >= bytes;
  });
  return Buffer.concat(parts);
}

const length = fc.integer({ min: 0, max: KEPT_BYTES });

test('property: the accepted side changes', () => {
  fc.assert(
    fc.property(length, length, length, length, (answerBytes, readBytes, requestBytes, beganAt) => {
      const rig = keeping('toNear');
      const [answer, request] = [randomBytes(answerBytes), randomBytes(requestBytes)];
      const [had, began] = [Math.min(readBytes, answerBytes), Math.min(beganAt, requestBytes)];
      sendAll(rig, rig.origin, answer);
      const before = readAll(rig, rig.device, had).subarray(0, had);
      sendAll(rig, rig.device, request.subarray(0, began));
      const { outer, conn } = another(rig);
      // Part of what the new connection says again comes with its hello.
      const head = request.subarray(0, Math.floor(requestBytes / 3));
      expect(rig.flow.changeNear(conn, had, 0, head)).toBe(true);
      rig.flow.letGo();
      sendAll(rig, outer, request.subarray(head.length));
      const after = readAll(rig, outer, answerBytes - had);
      expect(Buffer.concat([before, after]).equals(answer)).toBe(true);
      expect(readAll(rig, rig.origin, requestBytes).equals(request)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('property: the opened side changes', () => {
  fc.assert(
    fc.property(length, length, length, (requestBytes, arrivedBytes, answerBytes) => {
      const rig = keeping('toFar');
      const [answer, request] = [randomBytes(answerBytes), randomBytes(requestBytes)];
      sendAll(rig, rig.device, request);
      const arrived = Math.min(arrivedBytes, requestBytes);
      const before = readAll(rig, rig.origin, arrived).subarray(0, arrived);
      sendAll(rig, rig.origin, answer);
      rig.flow.hold();
      const received = rig.flow.farPoint?.received ?? -1;
      const { outer, conn } = another(rig);
      const place = Math.min(arrived, rig.flow.farPoint?.copy.end ?? 0);
      expect(rig.flow.changeFar(conn, place, answer.subarray(received))).toBe(true);
      rig.flow.letGo();
      const after = readAll(rig, outer, requestBytes - place);
      expect(Buffer.concat([before.subarray(0, place), after]).equals(request)).toBe(true);
      expect(readAll(rig, rig.device, answerBytes).equals(answer)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('an end that was told is told again', () => {
  const rig = keeping('toNear');
  sendAll(rig, rig.origin, Buffer.from('answer'));
  rawShutdown(rig.origin, SHUT_WR);
  expect(readAll(rig, rig.device, 6).toString()).toBe('answer');
  rig.until(() => rig.read(rig.device) === undefined);
  const { outer, conn } = another(rig);
  expect(rig.flow.changeNear(conn, 2, 0, Buffer.alloc(0))).toBe(true);
  rig.flow.letGo();
  expect(readAll(rig, outer, 4).toString()).toBe('swer');
  rig.until(() => rig.read(outer) === undefined);
});

test('a flow that is past its beginning stays as it is', () => {
  const rig = keeping('toNear');
  const data = randomBytes(KEPT_BYTES + 1);
  rig.carry(rig.origin, rig.device, data, [50_000], [50_000]);
  const { outer, conn } = another(rig);
  expect(rig.flow.changeNear(conn, data.length, 0, Buffer.alloc(0))).toBe(false);
  conn.reset();
  expect(rig.carry(rig.origin, rig.device, data, [50_000], [50_000])).toBeTruthy();
  expect(outer).toBeGreaterThan(0);
});

test('a place that was never reached is refused', () => {
  const rig = keeping('toNear');
  sendAll(rig, rig.origin, Buffer.from('answer'));
  readAll(rig, rig.device, 6);
  const { conn } = another(rig);
  expect(rig.flow.changeNear(conn, 7, 0, Buffer.alloc(0))).toBe(false);
  // Nor may the other stream begin behind what has come of it.
  expect(rig.flow.changeNear(conn, 6, 1, Buffer.alloc(0))).toBe(false);
  conn.reset();
});

test('while it is held nothing moves', () => {
  const rig = keeping('toFar');
  rig.flow.hold();
  sendAll(rig, rig.device, Buffer.from('request'));
  for (let i = 0; i < 5; i++) rig.turn();
  expect(rig.read(rig.origin)?.length).toBe(0);
  rig.flow.letGo();
  expect(readAll(rig, rig.origin, 7).toString()).toBe('request');
});

test('a copy ages, but not while the far side is told what is in it', () => {
  const rig = keeping('toFar');
  sendAll(rig, rig.device, Buffer.from('request'));
  readAll(rig, rig.origin, 7);
  const oldMs = rig.loop.nowMs + KEPT_MS + 1;
  rig.flow.hold();
  rig.flow.sweep(oldMs, 1000);
  expect(rig.flow.farPoint?.copy.bytes().toString()).toBe('request');
  rig.flow.letGo();
  rig.flow.sweep(oldMs, 1000);
  expect(rig.flow.farPoint).toBeUndefined();
});

test.runIf(hasCapability(ownCapabilities(), CAP_NET_ADMIN))(
  'another connection gets its room as the one before did',
  () => {
    const mptcp = { client: true, listener: true };
    const littleBytes = 16 * 1024;
    const room = (fd: number): number => getsockoptInt(fd, SOL_SOCKET, SO_SNDBUF) ?? 0;
    const rig = new Rig(undefined, undefined, connectedPair(mptcp), 'toFar');
    rigs.push(rig);
    const [inner, outer] = connectedPair(mptcp);
    opened.push(outer);
    setSendBuffer(inner, littleBytes);
    expect(rig.flow.changeFar(Conn.watch(rig.loop, inner, true) as Conn, 0, Buffer.alloc(0))).toBe(true);
    rig.flow.letGo();
    expect(room(inner)).toBeGreaterThan(littleBytes);
  },
);
