import { expect, test } from 'vitest';
import { type Address, parseAddress, type SocketAddress } from '../../base/address.ts';
import { RecentSources } from './recent-sources.ts';

const to = (address: string): SocketAddress => ({ address: parseAddress(address), port: 443 });

function asked(answer: () => Address | number) {
  const asks: SocketAddress[] = [];
  const sources = new RecentSources((target) => {
    asks.push(target);
    return answer();
  });
  return { asks, sources };
}

test('the same host is asked for once a second, whatever the port', () => {
  const { asks, sources } = asked(() => parseAddress('192.0.2.1'));
  for (const [ms, port] of [
    [0, 80],
    [500, 443],
    [1000, 80],
  ] as const) {
    expect(sources.towards({ ...to('198.51.100.1'), port }, ms)).toEqual(parseAddress('192.0.2.1'));
  }
  expect(asks).toHaveLength(1);
  sources.towards(to('198.51.100.2'), 1000);
  expect(asks).toHaveLength(2);
  sources.towards(to('198.51.100.1'), 1001);
  expect(asks).toHaveLength(3);
});

test('an error is not remembered', () => {
  const { asks, sources } = asked(() => 101);
  expect([sources.towards(to('198.51.100.1'), 0), sources.towards(to('198.51.100.1'), 0)]).toEqual([
    101, 101,
  ]);
  expect(asks).toHaveLength(2);
});

test('very many hosts take no more memory', () => {
  const { asks, sources } = asked(() => parseAddress('192.0.2.1'));
  for (let i = 0; i < 3000; i++) sources.towards(to(`198.51.${i >> 8}.${i & 255}`), 0);
  sources.towards(to('198.51.0.0'), 0);
  expect(asks).toHaveLength(3001);
});
