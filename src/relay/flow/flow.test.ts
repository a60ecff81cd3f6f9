// Flows over real loopback sockets, driven turn by turn: every byte arrives once and in order, ends are carried over.
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { SHUT_WR, SO_KEEPALIVE, SOL_SOCKET } from '../../linux/constants.ts';
import { ECONNRESET, EPIPE } from '../../linux/errno.ts';
import { close, getsockoptInt, rawSend, rawShutdown } from '../../linux/libc.ts';
import { connectedPair, segmentsIn } from '../../linux/loopback.fixture.ts';
import { closeWithReset } from '../../linux/sockets.ts';
import { readCounters } from '../counters.ts';
import { Rig } from './flow-rig.fixture.ts';

const rigs: Rig[] = [];
function rig(pipeBytes?: number): Rig {
  const one = new Rig(pipeBytes);
  rigs.push(one);
  return one;
}
afterEach(() => {
  for (const one of rigs.splice(0)) one.close();
});

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

describe('bytes', () => {
  test('a bulk transfer takes the splice path and arrives unchanged, both ways', () => {
    const one = rig();
    const data = randomBytes(20 * 1024 * 1024);
    expect(one.carry(one.device, one.origin, data, [300_000], [256 * 1024])).toBe(sha256(data));
    expect(one.carry(one.origin, one.device, data, [300_000], [256 * 1024])).toBe(sha256(data));
    const { bytesToFar, bytesToNear, bytesSpliced } = readCounters(one.memory);
    expect([bytesToFar, bytesToNear]).toEqual([data.length, data.length]);
    expect(bytesSpliced).toBeGreaterThan(0.9 * 2 * data.length);
  });

  test('without pipes everything goes through the buffer', () => {
    const one = rig(4096);
    const data = randomBytes(3 * 1024 * 1024);
    expect(one.carry(one.device, one.origin, data, [300_000], [50_000])).toBe(sha256(data));
    expect(readCounters(one.memory).bytesSpliced).toBe(0);
    expect(one.pipes.refusals).toBeGreaterThan(0);
  });

  test('property: any sizes of writes and reads', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(sizes, sizes, fc.integer({ min: 1, max: 700_000 }), (writes, reads, length) => {
        const one = new Rig();
        try {
          const data = randomBytes(length);
          const enough = (list: number[]) => list.map((size) => Math.max(size, Math.ceil(length / 5000)));
          expect(one.carry(one.device, one.origin, data, enough(writes), enough(reads))).toBe(sha256(data));
        } finally {
          one.close();
        }
      }),
      { numRuns: 25 },
    );
  });

  test('a reader that stops stops the writer: the flow holds no more than a pipe and socket buffers', () => {
    const one = rig();
    const piece = randomBytes(256 * 1024);
    let refusedInARow = 0;
    let sent = 0;
    while (refusedInARow < 200) {
      const taken = rawSend(one.device, piece, piece.length, 0);
      refusedInARow = taken < 0 ? refusedInARow + 1 : 0;
      sent += Math.max(0, taken);
      one.turn();
    }
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    one.until(() => {
      const got = one.read(one.origin);
      sent -= got?.length ?? 0;
      return sent === 0;
    });
  });
});

test('a flow that lasts is kept alive towards the side that was opened here', () => {
  const one = rig();
  const isKept = () => getsockoptInt(one.far, SOL_SOCKET, SO_KEEPALIVE);
  const { nowMs } = one.loop;
  one.flow.sweep(nowMs + 1000, 2000);
  expect(isKept()).toBe(0);
  one.flow.sweep(nowMs + 6000, 2000);
  expect(isKept()).toBe(1);
});

describe('ends', () => {
  test('an end in one direction is carried over and the other goes on', () => {
    const one = rig();
    rawSend(one.device, Buffer.from('request'), 7, 0);
    rawShutdown(one.device, SHUT_WR);
    let text = '';
    one.until(() => {
      const got = one.read(one.origin);
      text += got?.toString() ?? '';
      return got === undefined;
    });
    expect(text).toBe('request');
    rawSend(one.origin, Buffer.from('answer'), 6, 0);
    rawShutdown(one.origin, SHUT_WR);
    text = '';
    one.until(() => {
      const got = one.read(one.device);
      text += got?.toString() ?? '';
      return got === undefined;
    });
    expect(text).toBe('answer');
    one.until(() => one.flows.size === 0);
    expect(readCounters(one.memory).flowsReset).toBe(0);
  });

  test('the last bytes and the end of a side that has said both leave in one segment', () => {
    const one = rig();
    one.turn();
    const before = segmentsIn(one.device);
    rawSend(one.origin, Buffer.from('answer'), 6, 0);
    rawShutdown(one.origin, SHUT_WR);
    one.turn();
    expect([one.read(one.device)?.toString(), one.read(one.device)]).toEqual(['answer', undefined]);
    expect(segmentsIn(one.device) - before).toBe(1);
  });

  test.each(['device', 'origin'] as const)('a reset by the %s reaches the other side as a reset', (side) => {
    const one = new Rig();
    const [resetting, other] = side === 'device' ? [one.device, one.origin] : [one.origin, one.device];
    closeWithReset(resetting);
    let seen = 0;
    one.until(() => {
      try {
        one.read(other);
        return false;
      } catch {
        seen = one.readErrno;
        return true;
      }
    });
    expect([ECONNRESET, EPIPE]).toContain(seen);
    expect(one.flows.size).toBe(0);
    expect(readCounters(one.memory).flowsReset).toBe(1);
    close(other);
    one.loop.close();
  });

  test('what the far side has not acknowledged keeps the flow, also what it got before the flow began', () => {
    const far = connectedPair({ client: true, listener: true });
    const piece = Buffer.alloc(64 * 1024);
    let sentToFarBytes = 0;
    for (let sent = 0; sent >= 0; sent = rawSend(far[0], piece, piece.length, 0)) sentToFarBytes += sent;
    const one = new Rig(undefined, undefined, far, undefined, { sentToFarBytes });
    for (const fd of [one.device, one.origin]) rawShutdown(fd, SHUT_WR);
    for (let i = 0; i < 20; i++) one.turn();
    expect(one.flows.size).toBe(1);
    one.until(() => {
      one.read(one.origin);
      one.flow.sweep(one.loop.nowMs, 2000);
      return one.flows.size === 0;
    });
    expect(readCounters(one.memory).flowsReset).toBe(0);
    one.close();
  });

  test('of an end right before a reset the other side hears', () => {
    const one = new Rig();
    rawShutdown(one.device, SHUT_WR);
    closeWithReset(one.device);
    one.until(() => one.flows.size === 0);
    expect(one.read(one.origin)).toBeUndefined();
    expect(readCounters(one.memory).flowsReset).toBe(1);
    close(one.origin);
    one.loop.close();
  });

  test('a reset after an end is noticed too', () => {
    const one = new Rig();
    rawShutdown(one.device, SHUT_WR);
    one.until(() => one.read(one.origin) === undefined);
    closeWithReset(one.device);
    one.until(() => one.flows.size === 0);
    close(one.origin);
    one.loop.close();
  });
});
