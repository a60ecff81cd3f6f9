// Who gets a connection that asks to go on with a flow: the flow of that name, unless a later try was here first.
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Answers, ResumePoint } from '../../transport/handshake.ts';
import { close } from '../../linux/libc.ts';
import { Conn } from '../loop/conn.ts';
import { connectedPair } from '../../linux/loopback.fixture.ts';
import { Loop } from '../loop/loop.ts';
import { type Arrival, Resumables } from './resumables.ts';

const loop = new Loop();
const [outer, fd] = connectedPair();
const conn = Conn.watch(loop, fd, false) as Conn;
const told: string[] = [];
beforeEach(() => {
  told.length = 0;
});
afterAll(() => {
  conn.close();
  close(outer);
  loop.close();
});
const ANSWERS: Answers = { accept: () => Buffer.alloc(0), refuse: () => Buffer.alloc(0) };

function arrival(flowId: string, attempt: number): Arrival {
  const point: ResumePoint = { attempt, isAnswered: true, from: 0, received: 0 };
  const request = { keyId: 1, target: { address: new Uint8Array(16), port: 1 }, tag: new Uint8Array(16) };
  return { fd, flowId, point, request, first: new Uint8Array(0) };
}

const taker = (name: string, takes = true) => ({
  resume: () => {
    told.push(name);
    return takes;
  },
});

test('goes to the flow of its name, as long as it is there', () => {
  const flows = new Resumables();
  flows.set('1 a', taker('a'), 0);
  flows.set('2 a', taker('other key'), 0);
  expect(flows.resume(conn, arrival('1 a', 1), ANSWERS)).toBe(true);
  expect(flows.resume(conn, arrival('1 b', 1), ANSWERS)).toBe(false);
  flows.delete('1 a');
  expect(flows.resume(conn, arrival('1 a', 2), ANSWERS)).toBe(false);
  expect(told).toEqual(['a']);
});

test('a try that was overtaken does not take the flow back', () => {
  const flows = new Resumables();
  flows.set('1 a', taker('a'), 2);
  expect([2, 4, 3, 4, 5].map((attempt) => flows.resume(conn, arrival('1 a', attempt), ANSWERS))).toEqual([
    false,
    true,
    false,
    false,
    true,
  ]);
});

test('a try that the flow refused does not count', () => {
  const flows = new Resumables();
  flows.set('1 a', taker('past it', false), 0);
  expect(flows.resume(conn, arrival('1 a', 5), ANSWERS)).toBe(false);
  flows.set('1 a', taker('a'), 0);
  expect(flows.resume(conn, arrival('1 a', 1), ANSWERS)).toBe(true);
  expect(told).toEqual(['past it', 'a']);
});
