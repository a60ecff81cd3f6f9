// What reaches the main thread of much that a worker meets.
import { expect, test } from 'vitest';
import { WorkerNews } from './worker-news.ts';
import type { FromWorker } from './worker-spec.ts';

function setUp() {
  const clock = { nowMs: 1000 };
  const told: FromWorker[] = [];
  return { clock, told, news: new WorkerNews(clock, (message) => told.push(message)) };
}

test('a WAN that has just died is doubted once by all its flows, and again a moment later', () => {
  const { clock, told, news } = setUp();
  for (let i = 0; i < 1000; i++) news.doubt();
  expect(told).toEqual([{ kind: 'doubt' }]);
  clock.nowMs += 100;
  news.doubt();
  expect(told).toHaveLength(2);
});

test('what a server reaches is told when it changes', () => {
  const { told, news } = setUp();
  const both = { v4: true, v6: true };
  news.learnFamilies('one', both);
  news.learnFamilies('one', { ...both });
  news.learnFamilies('other', both);
  news.learnFamilies('one', { v4: true, v6: false });
  expect(told).toMatchObject([{ server: 'one' }, { server: 'other' }, { families: { v6: false } }]);
});

test('a WAN without MPTCP is told of once a second, whatever the others do', () => {
  const { clock, told, news } = setUp();
  for (let i = 0; i < 3; i++) for (const wan of ['a', 'b']) news.notePlain(wan);
  clock.nowMs += 1000;
  news.notePlain('b');
  expect(told).toMatchObject([{ wan: 'a' }, { wan: 'b' }, { wan: 'b' }]);
});

test('lines of the log that are held back are counted, and the last of them is told in the end', () => {
  const { clock, told, news } = setUp();
  for (const message of ['one', 'two', 'three']) news.log('warn', 'timeout', message);
  news.flush();
  expect(told).toMatchObject([{ message: 'one', suppressed: 0 }]);
  clock.nowMs += 5000;
  news.flush();
  news.flush();
  expect(told).toMatchObject([{}, { kind: 'log', reason: 'timeout', message: 'three', suppressed: 1 }]);
});
