// The server's side by bytes written from the draft's figures: who is let in, what is refused and how, and what is dialled.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FailureReason } from '../failure.ts';
import { hex, NAMED, NONE, NOW, serve, TARGET, USERS } from './bytes.fixture.ts';
import { createSocks6Server, type Socks6Step } from './server.ts';
import { createSessionTable, type SessionTable } from './sessions.ts';

const TO = '01bb 00 01 c0000207';
const ANNA = '0004 0014 02 01 04 616e6e61 06 67656865696d 0000';
const LOGGED_IN = '0004 0008 02 01 00 00';

const open = () =>
  createSocks6Server({ users: undefined, sessions: createSessionTable(4), now: () => NOW }).start();
const closed = (sessions: SessionTable = createSessionTable(4), users = USERS) =>
  createSocks6Server({ users, sessions, now: () => NOW }).start();

function dialOf(step: Socks6Step): Socks6Step & { kind: 'dial' } {
  if (step.kind !== 'dial') throw new Error(JSON.stringify(step));
  return step;
}

describe('a request', () => {
  test('without a login, where none is needed; first bytes follow it', () => {
    const { last, sent } = serve(open(), hex(`06 01 0000 ${TO} aabb`));
    expect(sent).toEqual(hex('06 00 0000'));
    expect(last).toMatchObject({
      target: TARGET,
      who: 'a SOCKS client',
      consumed: 12,
      remoteLeg: {},
    });
    expect(dialOf(last).sealed).toBeUndefined();
    expect(dialOf(last).accept(undefined)).toEqual(hex('06 00 0000 0000 00 01 00000000'));
  });

  test('by name, with a login inside and wishes for the leg to the target', () => {
    const request = `06 01 0024 0019 00 03 09 612e6578616d706c65 0000
      0001 0008 84 01 05dc  0001 0008 84 02 02 00  ${ANNA}`;
    const { last, sent } = serve(closed(), hex(`${request} aabb`));
    expect(sent).toEqual(hex(`06 00 0008 ${LOGGED_IN}`));
    expect(last).toMatchObject({
      target: NAMED,
      who: 'user anna',
      consumed: 56,
      remoteLeg: { fastOpenBytes: 1500, isMultipath: true },
    });
    expect(dialOf(last).accept(undefined, { fastOpenBytes: 11, isMultipath: false })).toEqual(
      hex('06 00 0010 0000 00 01 00000000  0001 0008 84 01 000b  0001 0008 84 02 01 00'),
    );
  });

  test('an offer is passed over where the login is inside', () => {
    const { last, sent } = serve(closed(), hex(`06 01 001c ${TO} 0002 0008 0002 02 00 ${ANNA} aabb`));
    expect(sent).toEqual(hex(`06 00 0008 ${LOGGED_IN}`));
    expect(last).toMatchObject({ who: 'user anna', consumed: 40 });
  });

  test('of NOOP is answered', () => {
    const { last, sent } = serve(open(), hex('06 00 0000 0000 00 01 00000000'));
    expect(sent).toEqual(hex('06 00 0000'));
    expect(last).toMatchObject({
      kind: 'reply',
      reason: undefined,
      bytes: hex('06 00 0000 0000 00 01 00000000'),
    });
  });

  test.each<[FailureReason, number]>([
    ['refused-by-target', 5],
    ['unreachable', 4],
    ['timeout', 9],
    ['egress-denied', 2],
    ['resource', 1],
  ])('that fails with %s gets code %i', (reason, code) => {
    const { last } = serve(open(), hex(`06 01 0000 ${TO}`));
    expect(dialOf(last).refuse(reason)).toEqual(hex(`06 0${code} 0000 0000 00 01 00000000`));
  });
});

describe('the login after the request', () => {
  const REQUEST = `06 01 0008 ${TO} 0002 0008 0003 02 00`;

  test('is asked for, and first bytes stand before it', () => {
    const server = closed();
    expect(server.receive(hex(REQUEST))).toEqual({
      kind: 'send',
      bytes: hex('06 01 0008 0003 0008 02 000000'),
    });
    expect(server.receive(hex(`${REQUEST} aabbcc`))).toEqual({ kind: 'more' });
    const login = '01 04 616e6e61 06 67656865696d';
    const { last, sent } = serve(server, hex(`${REQUEST} aabbcc ${login} dd`));
    expect(sent).toEqual(hex('01 00 06 00 0000'));
    expect(last).toMatchObject({
      kind: 'dial',
      who: 'user anna',
      sealed: { first: hex('aabbcc') },
      consumed: 36,
    });
    const codec = dialOf(last).sealed?.codec;
    expect(codec?.open(hex('dd'))).toEqual([hex('dd')]);
    const into = Buffer.alloc(4);
    expect(codec?.seal(hex('eeff'), into)).toBe(2);
    expect(into).toEqual(hex('eeff0000'));
  });

  test('may begin a session', () => {
    const request = `06 01 000c ${TO} 0002 0008 0000 02 00 0005 0004`;
    const { sent } = serve(closed(), hex(`${request} 01 04 616e6e61 06 67656865696d`));
    expect(sent.subarray(0, 22)).toEqual(hex('06 01 0008 0003 0008 02 000000 01 00 06 00 0014 0006 0014'));
  });

  test('is refused when it is wrong or no login', () => {
    const wrong = serve(closed(), hex(`${REQUEST} aabbcc 01 04 616e6e61 06 67656865696e`));
    expect(wrong.last).toMatchObject({
      kind: 'reply',
      bytes: hex('01 01 06 01 0000'),
      reason: 'not-authorized',
    });
    expect(serve(closed(), hex(`${REQUEST} aabbcc 02`)).last).toMatchObject({
      kind: 'reset',
      reason: 'malformed',
    });
  });

  test.each([
    ['2^14 first bytes', '4000', { kind: 'more' }],
    ['one more', '4001', { kind: 'reset', reason: 'malformed' }],
  ])('may come after %s', (_, length, step) => {
    expect(serve(closed(), hex(`06 01 0008 ${TO} 0002 0008 ${length} 02 00`)).last).toMatchObject(step);
  });
});

describe('refuses', () => {
  test.each([
    ['no login', '', '06 01 0000'],
    ['another method', '0002 0008 0000 03 00', '06 01 0008 0003 0008 ff 000000'],
    [
      'a wrong password',
      '0004 0014 02 01 04 616e6e61 06 67656865696e 0000',
      '06 01 0008 0004 0008 02 01 01 00',
    ],
    [
      'a cut password',
      '0004 0014 02 01 04 616e6e61 05 6765686569 000000',
      '06 01 0008 0004 0008 02 01 01 00',
    ],
    [
      "another user's password",
      '0004 0014 02 01 03 626f62 06 67656865696d 000000',
      '06 01 0008 0004 0008 02 01 01 00',
    ],
    ['an unknown user', '0004 000c 02 01 03 657665 00 00', '06 01 0008 0004 0008 02 01 01 00'],
    ['a login that is cut', '0004 0008 02 01 04 61', '06 01 0008 0004 0008 02 01 01 00'],
    ['a login of another version', '0004 0008 02 05 00 00', '06 01 0008 0004 0008 02 01 01 00'],
  ])('%s', (_, options, answer) => {
    const length = hex(options).length.toString(16).padStart(4, '0');
    const { last, sent } = serve(closed(), hex(`06 01 ${length} ${TO} ${options}`));
    expect(sent).toEqual(NONE);
    expect(last).toMatchObject({ kind: 'reply', bytes: hex(answer), reason: 'not-authorized' });
  });

  test.each([
    ['another version', '05 01 00', { kind: 'reply', bytes: hex('06'), reason: 'malformed' }],
    ['BIND', `06 02 0000 ${TO}`, { bytes: hex('06 07 0000 0000 00 01 00000000'), reason: 'unsupported' }],
    [
      'UDP ASSOCIATE',
      `06 03 0000 ${TO}`,
      { bytes: hex('06 07 0000 0000 00 01 00000000'), reason: 'unsupported' },
    ],
    [
      'an unknown address type',
      '06 01 0000 01bb 00 02',
      { bytes: hex('06 00 0000 06 08 0000 0000 00 01 00000000') },
    ],
    ['options of no whole words', `06 01 0006 ${TO}`, { kind: 'reset', reason: 'malformed' }],
    ['an option without a length', `06 01 0004 ${TO} 0001 0000`, { kind: 'reset', reason: 'malformed' }],
    [
      'two tokens',
      `06 01 0010 ${TO} 000d 0008 00000001 000d 0008 00000002`,
      { kind: 'reset', reason: 'malformed' },
    ],
    ['a token without a number', `06 01 0004 ${TO} 000d 0004`, { kind: 'reset', reason: 'malformed' }],
    ['an empty session id', `06 01 0004 ${TO} 0006 0004`, { kind: 'reset', reason: 'malformed' }],
    ['two logins', `06 01 0028 ${TO} ${ANNA} ${ANNA}`, { kind: 'reset', reason: 'malformed' }],
    ['a login of no method', `06 01 0004 ${TO} 0004 0004`, { kind: 'reset', reason: 'malformed' }],
  ])('%s', (_, bytes, step) => {
    expect(serve(open(), hex(bytes)).last).toMatchObject(step);
  });

  test('nothing but unknown options', () => {
    expect(serve(open(), hex(`06 01 000c ${TO} fc00 0008 00000000 0007 0004`)).last.kind).toBe('dial');
  });
});

describe('a session', () => {
  /** Opens one as the draft's figures have it; its id and the base of its window. */
  function begin(sessions: SessionTable): { id: string; base: number } {
    const { last, sent } = serve(
      closed(sessions),
      hex(`06 01 0020 ${TO} ${ANNA} 0005 0004 000b 0008 00000040`),
    );
    expect(last).toMatchObject({ kind: 'dial', who: 'user anna' });
    expect(sent.subarray(0, 16)).toEqual(hex(`06 00 0028 ${LOGGED_IN} 0006 0014`));
    expect(sent.subarray(32, 36)).toEqual(hex('000c 000c'));
    expect(sent.subarray(40)).toEqual(hex('00000040'));
    return { id: sent.subarray(16, 32).toString('hex'), base: sent.readUInt32BE(36) };
  }
  const u32 = (value: number) => (value >>> 0).toString(16).padStart(8, '0');
  const spend = (id: string, token: number) =>
    hex(`06 01 001c ${TO} 0006 0014 ${id} 000d 0008 ${u32(token)}`);
  const REJECTED = { kind: 'reply', bytes: hex('06 01 0004 000f 0004'), reason: 'replayed' };
  const INVALID = { kind: 'reply', bytes: hex('06 01 0004 0009 0004'), reason: 'not-authorized' };

  test('stands for the login, and a token of it is good once', () => {
    const sessions = createSessionTable(4);
    const { id, base } = begin(sessions);
    const { last, sent } = serve(closed(sessions), spend(id, base));
    expect(last).toMatchObject({ kind: 'dial', who: 'user anna', consumed: 40 });
    expect(sent).toEqual(hex(`06 00 0014 0008 0004 000c 000c ${u32(base + 1)} 00000040 000e 0004`));
    expect(serve(closed(sessions), spend(id, base)).last).toMatchObject(REJECTED);
  });

  test('a token outside the window is refused', () => {
    const sessions = createSessionTable(4);
    const { id, base } = begin(sessions);
    for (const token of [base - 1, base + 64, base + 2 ** 31]) {
      expect(serve(closed(sessions), spend(id, token)).last).toMatchObject(REJECTED);
    }
    expect(serve(closed(sessions), spend(id, base + 63)).last.kind).toBe('dial');
  });

  test('is unknown after a restart, to a user with another password, and when he is gone', () => {
    const sessions = createSessionTable(4);
    const { id, base } = begin(sessions);
    expect(serve(closed(), spend(id, base)).last).toMatchObject(INVALID);
    const changed = [{ name: 'anna', password: 'neu' }];
    expect(serve(closed(sessions, changed), spend(id, base)).last).toMatchObject(INVALID);
    expect(serve(closed(sessions, USERS.slice(1)), spend(id, base)).last).toMatchObject(INVALID);
  });

  test('ends at a teardown, which is let in by its login alone', () => {
    const sessions = createSessionTable(4);
    const { id, base } = begin(sessions);
    const teardown = hex(`06 00 002c ${TO} ${ANNA} 0006 0014 ${id} 000a 0004`);
    expect(serve(closed(sessions), teardown)).toMatchObject({
      sent: hex(`06 00 0008 ${LOGGED_IN}`),
      last: { kind: 'reply', reason: undefined },
    });
    expect(serve(closed(sessions), spend(id, base)).last).toMatchObject(INVALID);
  });

  test('is not begun where nobody logs in, and tokens outside of one mean nothing', () => {
    const { last, sent } = serve(open(), hex(`06 01 000c ${TO} 0005 0004 000b 0008 00000040`));
    expect(sent).toEqual(hex('06 00 0000'));
    expect(last.kind).toBe('dial');
    expect(serve(closed(), hex(`06 01 001c ${TO} ${ANNA} 000d 0008 00000001`)).last.kind).toBe('dial');
  });
});

test('no bytes make it throw, and any split of them ends the same', () => {
  const known = fc.constantFrom(
    '',
    '06',
    `06 01 001c ${TO}`,
    `06 01 0014 ${TO} ${ANNA}`,
    `06 01 0008 ${TO} 0002 0008 0003 02 00`,
  );
  fc.assert(
    fc.property(known, fc.uint8Array({ maxLength: 60 }), fc.boolean(), (start, rest, isOpen) => {
      const all = Buffer.concat([hex(start), rest]);
      const whole = serve(isOpen ? open() : closed(), all);
      const server = isOpen ? open() : closed();
      const sent: Buffer[] = [];
      let last: Socks6Step = { kind: 'more' };
      for (let upTo = 0; upTo <= all.length && last.kind === 'more'; upTo++) {
        const part = serve(server, all.subarray(0, upTo));
        sent.push(part.sent);
        last = part.last;
      }
      expect(Buffer.concat(sent)).toEqual(whole.sent);
      expect(last.kind).toBe(whole.last.kind);
      if (last.kind === 'dial') expect(last).toMatchObject({ consumed: dialOf(whole.last).consumed });
    }),
    { numRuns: 500 },
  );
});
