// Which of the WANs with one address may use it, by family.
import { expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import type { ReadyWan } from './ready-wans.ts';
import { tellTwins } from './twin-wans.ts';

const wan = (name: string, ...sources: string[]): ReadyWan => ({
  name,
  interface: name,
  sources: sources.map((one) => parseAddress(one)),
});

test('all have addresses of their own', () => {
  const wans = [wan('a', '192.0.2.1', '2001:db8::1'), wan('b', '192.0.2.2')];
  expect(tellTwins(wans)).toEqual({ apart: wans, twins: new Map() });
});

test('the first keeps the address, the others the families in which they have their own', () => {
  const { apart, twins } = tellTwins([
    wan('a', '192.0.2.1', '2001:db8::1'),
    wan('b', '192.0.2.1', '2001:db8::2'),
    wan('c', '192.0.2.1'),
    wan('d', '2001:db8::2'),
  ]);
  expect(apart).toEqual([wan('a', '192.0.2.1', '2001:db8::1'), wan('b', '2001:db8::2')]);
  expect([...twins]).toEqual([
    ['c', 'a has its address 192.0.2.1: change the network of one of the two modems'],
    ['d', 'b has its address 2001:db8::2: change the network of one of the two modems'],
  ]);
});
