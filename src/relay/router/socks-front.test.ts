// A name with several addresses: the next is tried while none has got a byte, and gets all that the device has sent.
import { afterEach, expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../base/address.ts';
import { close, rawRecv, rawSend } from '../../linux/libc.ts';
import { createSocks5Server } from '../../transport/socks5/server.ts';
import { connectedPair } from '../../linux/loopback.fixture.ts';
import { Loop } from '../loop/loop.ts';
import type { RouterFront } from './router-opening-plan.ts';
import { SocksFront } from './socks-front.ts';
import { contextOf } from '../worker-context.fixture.ts';

const ADDRESSES = ['192.0.2.1', '192.0.2.2'].map(parseAddress);
const GREETING = [5, 1, 0];
const NAME = Buffer.from('two.example');
const REQUEST = [5, 1, 0, 3, NAME.length, ...NAME, 0, 80];
const METHOD_REPLY_BYTES = 2;

interface Opened {
  readonly to: string;
  readonly first: string;
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0)) closer();
});

/** A device that asks for the name and says "he" at once. @param onOpen of each address that is tried */
function ask(onOpen: (front: RouterFront, count: number) => void) {
  const loop = new Loop();
  const [device, accepted] = connectedPair();
  const opened: Opened[] = [];
  const context = contextOf(loop, {
    resolve: (_, onAnswer) => loop.soon({ onTurn: () => onAnswer(ADDRESSES) }),
  });
  closers.push(() => {
    for (const opening of context.openings) opening.abort();
    close(device);
    loop.close();
  });
  const parts = {
    handshake: createSocks5Server({ users: undefined }).start(),
    timeoutMs: 10_000,
    open: (_: unknown, { address }: { address: Uint8Array }, first: Buffer, front: RouterFront) => {
      opened.push({ to: formatAddress(address), first: first.toString() });
      onOpen(front, opened.length);
      return true;
    },
  };
  expect(SocksFront.start(context, parts, accepted)).toBe(true);
  const said = Buffer.from([...GREETING, ...REQUEST, ...Buffer.from('he')]);
  rawSend(device, said, said.length, 0);
  return { loop, device, opened };
}

function until(loop: Loop, condition: () => boolean): void {
  for (let i = 0; i < 2000 && !condition(); i++) loop.round(1);
  expect(condition()).toBe(true);
}

test('the next address gets what was read while the first was tried', () => {
  const { loop, opened } = ask((front, count) => {
    if (count === 1) front.refused('refused-by-target', Buffer.from('hello'));
  });
  until(loop, () => opened.length === 2);
  expect(opened).toEqual([
    { to: '192.0.2.1', first: 'he' },
    { to: '192.0.2.2', first: 'hello' },
  ]);
});

test('none is tried once one may have got the request', () => {
  const { loop, device, opened } = ask((front) => front.refused('server-lost', undefined));
  const reply = Buffer.alloc(64);
  let read = 0;
  until(loop, () => {
    read += Math.max(0, rawRecv(device, reply.subarray(read), reply.length - read, 0));
    return read > METHOD_REPLY_BYTES;
  });
  expect(reply[METHOD_REPLY_BYTES + 1]).toBe(1);
  expect(opened).toHaveLength(1);
});
