// Over loopback connections of this kernel.
import { afterEach, expect, it } from 'vitest';
import { connectedPair } from './loopback.fixture.ts';
import { close } from './libc.ts';
import { stillMptcp } from './sockets.ts';
import { synAckOptions, synOptionKinds } from './tcp-options.ts';

const fds: number[] = [];
afterEach(() => fds.splice(0).forEach((fd) => close(fd)));

/** The kinds of what the other end answered to a SYN. */
function kindsOf(fd: number): number[] {
  const options = [...synAckOptions(fd)];
  const kinds: number[] = [];
  for (let at = 0; at < options.length; at += options[at + 1] as number) kinds.push(options[at] as number);
  return kinds;
}

it.each([
  ['a plain target', false],
  ['a target with MPTCP', true],
])('tells what %s answered', (_name, mptcp) => {
  const [client, server] = connectedPair({ client: true, listener: mptcp });
  fds.push(client, server);
  const kinds = kindsOf(client);
  expect(kinds.includes(30)).toBe(stillMptcp(client));
  // Whatever this host's settings are, both ends have the same.
  for (const kind of [4, 8]) expect(kinds.includes(kind)).toBe(synOptionKinds().includes(kind));
  expect(kinds).toContain(3);
  expect(synOptionKinds()).toContain(30);
});
