import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Timer, Timers } from './timers.ts';

test('timers fire at their deadline, in order, once', () => {
  const timers = new Timers();
  const fired: string[] = [];
  const make = (name: string) => new Timer(() => fired.push(name));
  timers.arm(make('a'), 10, 0);
  timers.arm(make('b'), 5, 1);
  const cleared = make('c');
  timers.arm(cleared, 5, 2);
  timers.clear(cleared);
  expect(timers.nextDeadlineMs()).toBe(6);
  timers.fire(5.9);
  expect(fired).toEqual([]);
  timers.fire(6);
  expect(fired).toEqual(['b']);
  timers.fire(100);
  timers.fire(200);
  expect(fired).toEqual(['b', 'a']);
  expect(timers.size).toBe(0);
});

test('a timer that arms itself again does not fire twice in one call', () => {
  const timers = new Timers();
  let count = 0;
  const timer: Timer = new Timer(() => {
    count++;
    timers.arm(timer, 0, 0);
  });
  timers.arm(timer, 0, 0);
  timers.fire(1);
  expect(count).toBe(1);
  timers.fire(1);
  expect(count).toBe(2);
});

test('property: against a plain list of deadlines', () => {
  const action = fc.record({
    id: fc.nat(9),
    kind: fc.constantFrom('arm', 'clear', 'advance'),
    ms: fc.constantFrom(0, 1, 5, 20),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
      const timers = new Timers();
      const expected = new Map<number, number>();
      const fired: number[] = [];
      const all = Array.from({ length: 10 }, (_, index) => new Timer(() => fired.push(index)));
      let now = 0;
      for (const { id, kind, ms } of actions) {
        if (kind === 'arm') {
          timers.arm(all[id] as Timer, ms, now);
          expected.set(id, now + ms);
        } else if (kind === 'clear') {
          timers.clear(all[id] as Timer);
          expected.delete(id);
        } else {
          now += ms;
          const due = [...expected].filter(([, deadline]) => deadline <= now).map(([one]) => one);
          fired.length = 0;
          timers.fire(now);
          expect(new Set(fired)).toEqual(new Set(due));
          expect(fired.length).toBe(due.length);
          for (const each of due) expected.delete(each);
        }
        expect(timers.size).toBe(expected.size);
        expect(timers.nextDeadlineMs()).toBe(Math.min(Number.POSITIVE_INFINITY, ...expected.values()));
      }
    }),
  );
});
