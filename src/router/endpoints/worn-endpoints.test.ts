import { expect, test } from 'vitest';
import type { EndpointUndo } from '../../plan/step.ts';
import { WornEndpoints } from './worn-endpoints.ts';

const endpoint = (id: number, device: string): EndpointUndo => {
  return { kind: 'endpoint', id, address: `192.0.2.${id}`, device };
};
const MADE = [endpoint(1, 'dsl'), endpoint(2, 'lte')];
const all = () => true;
const none = () => false;

test('what stood through an outage is worn once it is over, and told once', () => {
  const worn = new WornEndpoints();
  expect(worn.observe(MADE, all, 0)).toEqual([]);
  expect(worn.observe(MADE, none, 1000)).toEqual([]);
  expect(worn.observe(MADE, none, 90_000)).toEqual([]);
  expect(worn.observe(MADE, (device) => device === 'lte', 91_000)).toEqual([MADE[1]]);
  expect(worn.observe(MADE, all, 92_000)).toEqual([MADE[0]]);
  expect(worn.observe(MADE, all, 93_000)).toEqual([]);
});

test('a short outage is left to the retransmission', () => {
  const worn = new WornEndpoints();
  worn.observe(MADE, none, 1000);
  expect(worn.observe(MADE, all, 1500)).toEqual([]);
  expect(worn.observe(MADE, all, 5000)).toEqual([]);
});

test('an endpoint that was deleted meanwhile begins anew', () => {
  const worn = new WornEndpoints();
  worn.observe(MADE, none, 0);
  worn.observe([endpoint(2, 'lte')], none, 1000);
  expect(worn.observe(MADE, all, 5000)).toEqual([MADE[1]]);
});
