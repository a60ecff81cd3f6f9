// A connection whose requests are judged by hand.
import { afterEach, expect, test } from 'vitest';
import { takeSpareFd } from '../../linux/spare-fd.ts';
import type { DialStep, ServerStep } from '../../transport/handshake.ts';
import { DialledOpening } from './dialled-opening.ts';
import { DIAL, playClients, rulesWith } from './played-client.fixture.ts';
import { ServerOpening } from './server-opening.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0).reverse()) closer();
});

const KEEP: ServerStep = {
  kind: 'keep',
  keyId: 1,
  consumed: 4,
  accept: Buffer.from('kept'),
  refuse: Buffer.from('full'),
};
const KNOWN: DialStep = { ...DIAL, consumed: 4 };

/** Judges what has come by its first four bytes: `keep`, `dial`, or a seal that is broken. */
function judge(bytes: Uint8Array): ServerStep {
  const text = Buffer.from(bytes).toString('latin1');
  if (text.startsWith('keep')) return KEEP;
  if (text.startsWith('dial')) return KNOWN;
  if (text.startsWith('seal')) {
    const codec = { open: () => undefined, seal: () => [] };
    return { ...KNOWN, sealed: { codec: codec as never, first: Buffer.alloc(0) } };
  }
  return { kind: 'more' };
}

function setUp({ warmPlaces = 1, handshakeTimeoutMs = 5000 } = {}) {
  const played = playClients();
  const { context } = played;
  closers.push(played.close);
  const [client, clientFd] = played.connect();
  let places = warmPlaces;
  const begin = {
    clientFd,
    spareFd: takeSpareFd(),
    isFastOpen: false,
    rules: rulesWith({ handshakeTimeoutMs }),
    handshake: { receive: judge },
    onProved: () => undefined,
    enterWarm: () => {
      if (places === 0) return undefined;
      places--;
      return () => void places++;
    },
  };
  expect(ServerOpening.start(context, begin)).toBe(true);
  /** Whether the number that was kept free for the target's socket is in store again. */
  const hasSpareBack = (): boolean => {
    const fd = context.spares.take();
    context.spares.give(fd);
    return fd === begin.spareFd;
  };
  return {
    ...played,
    read: () => played.read(client),
    write: (text: string) => played.write(client, text),
    places: () => places,
    hasSpareBack,
  };
}

test('a request that is proved is dialled for by one opening in the place of the other', () => {
  const { context, write, loop } = setUp();
  write('di');
  expect([...context.openings]).toEqual([expect.any(ServerOpening)]);
  write('al');
  expect([...context.openings]).toEqual([expect.any(DialledOpening)]);
  expect([loop.size, loop.timers.size]).toEqual([1, 1]);
});

test('a request with a broken seal is none, and nothing of it is left', () => {
  const { context, write, failures, loop, hasSpareBack } = setUp();
  write('seal');
  expect(failures).toEqual(['not-authorized: what follows the request is forged']);
  expect([context.openings.size, loop.size, loop.timers.size, hasSpareBack()]).toEqual([0, 0, 0, true]);
});

test('a connection that is kept is no opening until its flow begins, and leaves its place then', () => {
  const { context, read, write, places } = setUp();
  write('keep');
  expect([read(), places(), context.openings.size, context.warm.size]).toEqual(['kept', 0, 0, 1]);
  write('dial');
  expect([places(), context.openings.size, context.warm.size]).toEqual([1, 1, 0]);
});

test('a flow may begin in the same bytes that ask for the connection to be kept', () => {
  const { context, read, write, places } = setUp();
  write('keepdial');
  expect([read(), places(), context.warm.size]).toEqual(['kept', 1, 0]);
  expect([...context.openings]).toEqual([expect.any(DialledOpening)]);
});

test('a connection that has no place is refused', () => {
  const { context, read, write, hasSpareBack } = setUp({ warmPlaces: 0 });
  write('keep');
  expect([read(), context.warm.size, hasSpareBack()]).toEqual(['full', 0, true]);
});

test.each([
  ['', []],
  ['di', ['timeout: no complete request within 20 ms']],
])('a client that stops after "%s" is waited for and then reset', (said, failed) => {
  const { write, turn, failures, loop } = setUp({ handshakeTimeoutMs: 20 });
  write(said);
  for (let i = 0; i < 200 && loop.size > 0; i++) turn();
  expect([loop.size, failures]).toEqual([0, failed]);
});
