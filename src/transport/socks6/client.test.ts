// The client's side by bytes written from the draft's figures, and both ends against each other.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClientStep } from '../handshake.ts';
import { hex, LOGIN, NAMED, NONE, NOW, TARGET, TARGET6, USERS } from './bytes.fixture.ts';
import { createSocks6Client, type Socks6ClientHandshake, type Socks6ClientOptions } from './client.ts';
import { createSocks6Server, type Socks6Step } from './server.ts';
import { createSessionTable, type SessionTable } from './sessions.ts';

const EARLY = Buffer.from('first bytes');
const TO = '01bb 00 01 c0000207';
const ANNA = '0004 0014 02 01 04 616e6e61 06 67656865696d 0000';
const ASK = '0005 0004 000b 0008 00000800';
const ID = '000102030405060708090a0b0c0d0e0f';
const DONE = '06 00 0000 0000 00 01 00000000';

const client = (options: Partial<Socks6ClientOptions> = {}) =>
  createSocks6Client({
    login: undefined,
    isNegotiable: false,
    usesTokens: false,
    isReplayable: false,
    remoteLeg: {},
    ...options,
  });

function receive(flow: Socks6ClientHandshake, bytes: string): ClientStep {
  flow.hello(NONE);
  return flow.receive(hex(bytes));
}

describe('the client', () => {
  test('says everything in one write', () => {
    const flow = client().start(TARGET);
    expect(flow.holdsEarly).toBe(false);
    expect(flow.hello(EARLY)).toEqual(Buffer.concat([hex(`06 01 0000 ${TO}`), EARLY]));
    expect(flow.receive(NONE)).toEqual({ kind: 'more' });
    expect(flow.receive(hex(`06 00 0000 ${DONE} aa`))).toEqual({
      kind: 'established',
      consumed: 16,
      families: undefined,
    });
    expect(flow.remoteLeg).toEqual({});
  });

  test('to a name, with a login, a session asked for and wishes for the leg to the target', () => {
    const remoteLeg = { fastOpenBytes: 1500, isMultipath: true };
    const flow = client({ login: LOGIN, usesTokens: true, remoteLeg }).start(NAMED);
    const request = `06 01 0030 0019 00 03 09 612e6578616d706c65 0000
      0001 0008 84 01 05dc 0001 0008 84 02 02 00 ${ANNA} ${ASK}`;
    expect(flow.hello(EARLY)).toEqual(Buffer.concat([hex(request), EARLY]));
    const answer = `06 00 0000 06 00 0008 1f90 00 04 20010db8000000000000000000000001 0001 0008 84 02 01 00`;
    expect(flow.receive(hex(answer))).toMatchObject({ kind: 'established', consumed: 36 });
    expect(flow.remoteLeg).toEqual({ isMultipath: false });
  });

  test.each([
    ['05 ff', 'unsupported'],
    ['06 01 0000', 'not-authorized'],
    ['06 01 0008 0004 0008 02 01 01 00', 'not-authorized'],
    ['06 01 0008 0003 0008 ff 000000', 'not-authorized'],
    ['06 01 0008 0003 0008 02 000000', 'not-authorized'],
    ['06 02 0000', 'malformed'],
    ['06 00 0002', 'malformed'],
    ['06 00 0004 0001 0000', 'malformed'],
    ['06 00 0000 05 00', 'unsupported'],
    ['06 00 0000 06 00 0000 0000 00 07 00', 'malformed'],
    [`06 00 0000 06 01 0000 0000 00 01 00000000`, 'resource'],
    [`06 00 0000 06 02 0000 0000 00 01 00000000`, 'egress-denied'],
    [`06 00 0000 06 03 0000 0000 00 01 00000000`, 'unreachable'],
    [`06 00 0000 06 04 0000 0000 00 01 00000000`, 'unreachable'],
    [`06 00 0000 06 05 0000 0000 00 01 00000000`, 'refused-by-target'],
    [`06 00 0000 06 06 0000 0000 00 01 00000000`, 'unreachable'],
    [`06 00 0000 06 07 0000 0000 00 01 00000000`, 'unsupported'],
    [`06 00 0000 06 08 0000 0000 00 01 00000000`, 'unsupported'],
    [`06 00 0000 06 09 0000 0000 00 01 00000000`, 'timeout'],
    [`06 00 0000 06 63 0000 0000 00 01 00000000`, 'resource'],
  ])('an answer of %s is %s', (answer, reason) => {
    expect(receive(client({ login: LOGIN }).start(TARGET), answer)).toMatchObject({
      kind: 'refused',
      reason,
    });
  });
});

describe('the login that may be asked for', () => {
  const flowOf = () => client({ login: LOGIN, isNegotiable: true }).start(TARGET);
  const SELECTED = '06 01 0008 0003 0008 02 000000';

  test('comes behind the request, and then the first bytes', () => {
    const flow = flowOf();
    expect(flow.holdsEarly).toBe(true);
    expect(flow.hello(EARLY)).toEqual(hex(`06 01 001c ${TO} 0002 0008 0000 02 00 ${ANNA}`));
    expect(flow.receive(hex(SELECTED))).toEqual({
      kind: 'send',
      bytes: hex('01 04 616e6e61 06 67656865696d'),
    });
    expect(flow.receive(hex(`${SELECTED} 01`))).toEqual({ kind: 'more' });
    expect(flow.receive(hex(`${SELECTED} 01 00 06 00 0000 ${DONE}`))).toMatchObject({
      kind: 'established',
      consumed: 30,
    });
  });

  test('is not needed where the one inside is good', () => {
    expect(receive(flowOf(), `06 00 0000 ${DONE}`)).toMatchObject({ kind: 'established', consumed: 16 });
  });

  test('is not offered within a session, so that first bytes leave at once', () => {
    const transport = client({ login: LOGIN, isNegotiable: true, usesTokens: true });
    receive(transport.start(TARGET), `06 00 0020 0006 0014 ${ID} 000c 000c 00000010 00000010 ${DONE}`);
    const flow = transport.start(TARGET);
    expect(flow.holdsEarly).toBe(false);
    expect(flow.hello(EARLY)).toEqual(
      Buffer.concat([hex(`06 01 001c ${TO} 0006 0014 ${ID} 000d 0008 00000010`), EARLY]),
    );
  });

  test.each([`${SELECTED} 01 01`, `${SELECTED} 01 00 06 01 0000`, `${SELECTED} 01 00 ${SELECTED}`])(
    'is refused with %s, and not said twice',
    (answer) => {
      const flow = flowOf();
      flow.hello(NONE);
      expect(flow.receive(hex(SELECTED)).kind).toBe('send');
      expect(flow.receive(hex(answer))).toMatchObject({ kind: 'refused', reason: 'not-authorized' });
    },
  );
});

describe('tokens', () => {
  const transportOf = (options: Partial<Socks6ClientOptions> = {}) =>
    client({ login: LOGIN, usesTokens: true, ...options });
  const granted = (base: string, size: string) =>
    `06 00 0020 0006 0014 ${ID} 000c 000c ${base} ${size} ${DONE}`;
  const spending = (token: string) => hex(`06 01 001c ${TO} 0006 0014 ${ID} 000d 0008 ${token}`);
  const INVALID = '06 01 0004 0009 0004';
  const REJECTED = '06 01 0004 000f 0004';

  test('are spent in order, over 2^32, until the window is empty', () => {
    const transport = transportOf();
    expect(receive(transport.start(TARGET), granted('ffffffff', '00000002')).kind).toBe('established');
    expect(transport.start(TARGET).hello(NONE)).toEqual(spending('ffffffff'));
    const last = transport.start(TARGET);
    expect(last.hello(NONE)).toEqual(spending('00000000'));
    expect(transport.start(TARGET).hello(NONE)).toEqual(hex(`06 01 0014 ${TO} 0006 0014 ${ID}`));
    last.receive(hex('06 00 0014 0008 0004 000c 000c 00000001 00000002 000e 0004'));
    expect(transport.start(TARGET).hello(NONE)).toEqual(spending('00000001'));
  });

  test('a window that was overtaken by a newer one is passed over', () => {
    const transport = transportOf();
    receive(transport.start(TARGET), granted('00000010', '00000010'));
    const [a, b] = [transport.start(TARGET), transport.start(TARGET)];
    receive(a, '06 00 000c 000c 000c 00000020 00000010');
    receive(b, '06 00 000c 000c 000c 00000012 00000010');
    const hellos = Array.from({ length: 16 }, () => transport.start(TARGET).hello(NONE));
    expect(hellos[0]).toEqual(spending('00000020'));
    expect(hellos[15]).toEqual(spending('0000002f'));
  });

  test('an id in the other reply is taken too; a window of 0 or 2^31 is none', () => {
    const late = transportOf();
    receive(
      late.start(TARGET),
      `06 00 000c 000c 000c 00000010 00000010 06 00 0014 0000 00 01 00000000 0006 0014 ${ID}`,
    );
    expect(late.start(TARGET).hello(NONE)).toEqual(spending('00000010'));
    for (const size of ['00000000', '80000000']) {
      const transport = transportOf();
      receive(transport.start(TARGET), granted('00000010', size));
      expect(transport.start(TARGET).hello(NONE)).toEqual(hex(`06 01 0014 ${TO} ${ANNA}`));
    }
  });

  test('only one in some flows asks before the first answer', () => {
    const transport = transportOf();
    const asks = Array.from({ length: 130 }, () => transport.start(TARGET).hello(NONE).includes(hex(ASK)));
    expect(asks[0]).toBe(true);
    expect(asks.filter(Boolean)).toHaveLength(2);
  });

  test('after a restart of the server the request is made again, with the login and once', () => {
    const transport = transportOf();
    receive(transport.start(TARGET), granted('00000010', '00000010'));
    const flow = transport.start(TARGET);
    expect(flow.hello(EARLY)).toEqual(Buffer.concat([spending('00000010'), EARLY]));
    expect(flow.receive(hex(INVALID))).toEqual({ kind: 'retry' });
    expect(flow.hello(EARLY)).toEqual(Buffer.concat([hex(`06 01 0020 ${TO} ${ANNA} ${ASK}`), EARLY]));
    expect(flow.receive(hex(`06 00 0000 ${DONE}`))).toMatchObject({ kind: 'established' });
  });

  test('a session that is forgotten twice ends the flow', () => {
    const transport = transportOf();
    receive(transport.start(TARGET), granted('00000010', '00000010'));
    const flow = transport.start(TARGET);
    expect(receive(flow, INVALID)).toEqual({ kind: 'retry' });
    receive(transport.start(TARGET), granted('00000010', '00000010'));
    expect(receive(flow, INVALID)).toMatchObject({ kind: 'refused', reason: 'not-authorized' });
  });

  test('a request that may have been served is not made again when it had first bytes', () => {
    const transport = transportOf();
    receive(transport.start(TARGET), granted('00000010', '00000010'));
    const [bare, full] = [transport.start(TARGET), transport.start(TARGET)];
    expect(receive(bare, REJECTED)).toEqual({ kind: 'retry' });
    expect(bare.hello(NONE)).toEqual(spending('00000012'));
    full.hello(EARLY);
    expect(full.receive(hex(REJECTED))).toMatchObject({ kind: 'refused', reason: 'replayed' });
  });

  test('where requests may arrive twice, first bytes wait for a token', () => {
    const transport = transportOf({ isReplayable: true });
    const first = transport.start(TARGET);
    expect(first.holdsEarly).toBe(true);
    expect(first.hello(EARLY)).toEqual(hex(`06 01 0020 ${TO} ${ANNA} ${ASK}`));
    first.receive(hex(granted('00000010', '00000010')));
    const second = transport.start(TARGET);
    expect(second.holdsEarly).toBe(false);
    expect(second.hello(EARLY)).toEqual(Buffer.concat([spending('00000010'), EARLY]));
    expect(second.receive(hex(INVALID))).toEqual({ kind: 'retry' });
    expect(second.holdsEarly).toBe(true);
    expect(second.hello(EARLY)).toEqual(hex(`06 01 0020 ${TO} ${ANNA} ${ASK}`));
  });
});

/** Both ends, `step` bytes at a time; what came through of the first bytes, and the steps that ended it. */
function meet(flow: Socks6ClientHandshake, sessions: SessionTable, early: Buffer, step: number) {
  const server = createSocks6Server({ users: USERS, sessions, now: () => NOW }).start();
  let toServer = flow.hello(early);
  let toClient = NONE;
  let served: Socks6Step = { kind: 'more' };
  let answered: ClientStep = { kind: 'more' };
  for (let seen = 0, heard = 0; answered.kind === 'more' || answered.kind === 'send'; ) {
    if (served.kind === 'more' || served.kind === 'send') {
      seen = Math.min(toServer.length, seen + step);
      served = server.receive(toServer.subarray(0, seen));
      if (served.kind === 'send' || served.kind === 'reply')
        toClient = Buffer.concat([toClient, served.bytes]);
      if (served.kind === 'dial') {
        toClient = Buffer.concat([
          toClient,
          served.accept(undefined, { isMultipath: true }),
          Buffer.from('answer'),
        ]);
      }
    }
    heard = Math.min(toClient.length, heard + step);
    answered = flow.receive(toClient.subarray(0, heard));
    if (answered.kind === 'send') toServer = Buffer.concat([toServer, answered.bytes]);
  }
  const through = served.kind === 'dial' ? toServer.subarray(served.consumed) : NONE;
  const answer = answered.kind === 'established' ? toClient.subarray(answered.consumed).toString() : '';
  return { served, answered, through, answer };
}

test('both ends meet, however the bytes are split', () => {
  const cases = fc.record({
    isNegotiable: fc.boolean(),
    usesTokens: fc.boolean(),
    target: fc.constantFrom(TARGET, TARGET6, NAMED),
    earlyBytes: fc.constantFrom(0, 11, 2 ** 14, 2 ** 14 + 5),
    step: fc.constantFrom(1, 2, 3, 7, 50, 20_000),
    flows: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(cases, ({ isNegotiable, usesTokens, target, earlyBytes, step, flows }) => {
      const transport = client({ login: LOGIN, isNegotiable, usesTokens });
      const sessions = createSessionTable(4);
      const early = Buffer.alloc(earlyBytes, 'x');
      for (let i = 0; i < flows; i++) {
        const flow = transport.start(target);
        // Whole first, a few bytes at a time only for what is short: the time of this test grows with the square.
        const { served, answered, through, answer } = meet(
          flow,
          sessions,
          early,
          earlyBytes > 11 ? 20_000 : step,
        );
        expect(served).toMatchObject({ kind: 'dial', target, who: 'user anna' });
        expect(answered.kind).toBe('established');
        expect(flow.remoteLeg).toEqual({ isMultipath: true });
        expect(through.equals(flow.holdsEarly ? NONE : early)).toBe(true);
        expect(answer).toBe('answer');
      }
    }),
  );
});

test('a wrong password is told by both ways', () => {
  for (const isNegotiable of [false, true]) {
    const flow = client({ login: { user: 'anna', password: 'nein' }, isNegotiable }).start(TARGET);
    expect(meet(flow, createSessionTable(4), EARLY, 5).answered).toMatchObject({ reason: 'not-authorized' });
  }
});

test('a server that restarts costs its clients a try and no flow', () => {
  const transport = client({ login: LOGIN, usesTokens: true });
  meet(transport.start(TARGET), createSessionTable(4), EARLY, 9);
  const after = createSessionTable(4);
  const flow = transport.start(TARGET);
  expect(meet(flow, after, EARLY, 9).answered).toEqual({ kind: 'retry' });
  expect(meet(flow, after, EARLY, 9).answered).toMatchObject({ kind: 'established' });
  const next = transport.start(TARGET);
  expect(meet(next, after, EARLY, 9).served).toMatchObject({ kind: 'dial', who: 'user anna' });
});

test('the same bytes twice are served once', () => {
  const transport = client({ login: LOGIN, usesTokens: true });
  const sessions = createSessionTable(4);
  meet(transport.start(TARGET), sessions, NONE, 99);
  const hello = transport.start(TARGET).hello(EARLY);
  const steps = [0, 1].map(() =>
    createSocks6Server({ users: USERS, sessions, now: () => NOW })
      .start()
      .receive(hello),
  );
  expect(steps.map(({ kind }) => kind)).toEqual(['send', 'reply']);
  expect(steps[1]).toMatchObject({ reason: 'replayed' });
});
