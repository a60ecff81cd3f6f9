// The router against a converter of others, and against our own server as one.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerOf, NOTHING, Pair, TARGET } from '../../../test/convert-pair.ts';
import { type Address, parseAddress } from '../../base/address.ts';
import type { ClientStep } from '../handshake.ts';
import { createForeignClient } from './foreign-client.ts';

const HERE = parseAddress('192.0.2.77');
const THERE = parseAddress('198.51.100.77');
const CONNECT = '0a0501bb00000000000000000000ffffc0000201';
const EARLY = Buffer.from('GET / HTTP/1.1\r\n\r\n');
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

type Client = ReturnType<typeof createForeignClient>;

/** What a flow makes of a reply to its first hello. */
function judge(reply: string): ClientStep {
  const flow = createForeignClient().start(TARGET);
  flow.hello(NOTHING, HERE);
  return flow.receive(hex(reply));
}

/** Opens a flow at our own server, which knows us by `from`, with every retry that the client asks for. */
function open(pair: Pair, client: Client, from: Address = HERE): { kind: string; hellos: number } {
  const flow = client.start(TARGET);
  for (let hellos = 1; ; hellos++) {
    const step = flow.receive(answerOf(pair.serve(flow.hello(EARLY, from), from)));
    if (step.kind !== 'retry' || hellos > 5) return { kind: step.kind, hellos };
  }
}

describe('a hello to a converter of others', () => {
  it('is a Connect and the first bytes, and nothing of ours', () => {
    const flow = createForeignClient().start(TARGET);
    expect(flow.hello(EARLY, HERE).toString('hex')).toBe(`01062263${CONNECT}${EARLY.toString('hex')}`);
    expect(flow.receive(NOTHING)).toEqual({ kind: 'more' });
  });

  it('has the cookie that came, from the same address only', () => {
    const client = createForeignClient();
    const flow = client.start(TARGET);
    flow.hello(NOTHING, HERE);
    expect(flow.receive(hex('010322631e02030001020304'))).toEqual({ kind: 'retry' });
    const withCookie = `01082263${CONNECT}1602000001020304`;
    expect(flow.hello(NOTHING, HERE).toString('hex')).toBe(withCookie);
    expect(client.start(TARGET).hello(NOTHING, HERE).toString('hex')).toBe(withCookie);
    expect(client.start(TARGET).hello(NOTHING, THERE).toString('hex')).toBe(`01062263${CONNECT}`);
  });
});

describe('cookies', () => {
  it('cost one more hello, once per address and once when they are old', () => {
    const [pair, client] = [new Pair(), createForeignClient()];
    expect(open(pair, client)).toEqual({ kind: 'established', hellos: 2 });
    expect(open(pair, client)).toEqual({ kind: 'established', hellos: 1 });
    expect(open(pair, client, THERE)).toEqual({ kind: 'established', hellos: 2 });
    pair.tick(10 * 3_600_000);
    expect(open(pair, client)).toEqual({ kind: 'established', hellos: 3 });
    expect(open(pair, client)).toEqual({ kind: 'established', hellos: 1 });
  });

  it('that are never taken end the flow', () => {
    const flow = createForeignClient().start(TARGET);
    flow.hello(NOTHING, HERE);
    expect(flow.receive(hex('010322631e02030001020304'))).toEqual({ kind: 'retry' });
    flow.hello(NOTHING, HERE);
    expect(flow.receive(hex('010322631e02030005060708'))).toMatchObject({
      kind: 'refused',
      reason: 'not-authorized',
    });
  });

  it('of no length, or too long to send back, are none', () => {
    expect(judge('010222631e010300')).toMatchObject({ kind: 'refused', reason: 'malformed' });
    const long = `01ff22631efe0300${'55'.repeat(1012)}`;
    expect(judge(long)).toMatchObject({ kind: 'refused', reason: 'malformed' });
  });

  it('that another flow has renewed are kept', () => {
    const client = createForeignClient();
    const first = client.start(TARGET);
    first.hello(NOTHING, HERE);
    first.receive(hex('010322631e02030001020304'));
    const [one, other, after] = [client.start(TARGET), client.start(TARGET), client.start(TARGET)];
    other.hello(NOTHING, HERE);
    one.hello(NOTHING, HERE);
    expect(one.receive(hex('010222631e012000'))).toEqual({ kind: 'retry' });
    one.hello(NOTHING, HERE);
    expect(one.receive(hex('010322631e02030005060708'))).toEqual({ kind: 'retry' });
    // The refusal of the old one comes late.
    expect(other.receive(hex('010222631e012000'))).toEqual({ kind: 'retry' });
    expect(after.hello(NOTHING, HERE).toString('hex')).toContain('05060708');
  });
});

describe('a reply of a converter of others', () => {
  it.each([
    ['nothing but the header', '01012263', 4],
    ['the TCP header of the target', '010322631402000004020402', 12],
    ['a TLV of the future', '0103226340020000aabbccdd', 12],
  ])('with %s establishes the flow', (_name, reply, consumed) => {
    expect(judge(reply)).toEqual({ kind: 'established', consumed, families: undefined });
    expect(judge(`${reply}ffff`)).toMatchObject({ consumed });
  });

  it.each([
    ['010222631e010001', 'unsupported'],
    ['010322631e02000203040000', 'unsupported'],
    ['010222631e010100', 'malformed'],
    ['010222631e010200', 'unsupported'],
    ['010222631e012000', 'not-authorized'],
    ['010222631e012122', 'unsupported'],
    ['010222631e014009', 'resource'],
    ['010222631e014100', 'timeout'],
    ['010222631e016000', 'refused-by-target'],
    ['010222631e016103', 'unreachable'],
    ['010222631e01ff00', 'resource'],
    // An error TLV ends the flow, whatever stands beside it.
    ['01042263150200001e0000001e016000', 'refused-by-target'],
    ['02012263', 'unsupported'],
    ['01002263', 'malformed'],
    ['48545450', 'malformed'],
    ['010222631e000000', 'malformed'],
    ['0102226300010000', 'malformed'],
    ['010322631401000014010000', 'malformed'],
  ])('%s is refused as %s', (reply, reason) => {
    expect(judge(reply)).toMatchObject({ kind: 'refused', reason });
  });

  it('tells how long to wait', () => {
    expect(judge('010222631e014009')).toMatchObject({ retryAfterS: 9 });
    expect(judge('010222631e014100')).toMatchObject({ retryAfterS: undefined });
  });

  it('is judged the same in any pieces, and never throws', () => {
    const looksRight = fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.uint8Array({ maxLength: 200 }))
      .map(([words, rest]) => Buffer.concat([Uint8Array.of(1, words, 0x22, 0x63), rest]));
    fc.assert(
      fc.property(
        fc.oneof(looksRight, fc.uint8Array({ maxLength: 200 })),
        fc.nat(200),
        fc.boolean(),
        (bytes, cut, asks) => {
          const client = createForeignClient();
          const [whole, pieces] = [0, 1].map(() => (asks ? client.ask() : client.start(TARGET)));
          whole?.hello(NOTHING, HERE);
          pieces?.hello(NOTHING, HERE);
          const early = pieces?.receive(bytes.subarray(0, cut));
          const step = whole?.receive(bytes);
          if (early?.kind === 'more') expect(pieces?.receive(bytes)).toEqual(step);
          else if (cut < bytes.length) expect(step?.kind).toBe(early?.kind);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a question without a flow', () => {
  const answerTo = (reply: string): ClientStep => {
    const asking = createForeignClient().ask();
    expect(asking.hello(NOTHING, HERE).toString('hex')).toBe('0102226301010000');
    return asking.receive(hex(reply));
  };

  it('is answered by who offers MPTCP, or does not know the question', () => {
    expect(answerTo('01032263150200001e000000').kind).toBe('established');
    expect(answerTo('010322631502ffff08221e00').kind).toBe('established');
    expect(answerTo('010422631e0302000102226301010000').kind).toBe('established');
    expect(answerTo('010322631502000022000000')).toMatchObject({ kind: 'refused', reason: 'unsupported' });
    expect(answerTo('010222631e012000')).toMatchObject({ kind: 'refused', reason: 'not-authorized' });
  });

  it('gets the cookie for the flows', () => {
    const [pair, client] = [new Pair(), createForeignClient()];
    const asking = client.ask();
    expect(asking.receive(answerOf(pair.serve(asking.hello(NOTHING, HERE), HERE)))).toEqual({
      kind: 'retry',
    });
    const answer = answerOf(pair.serve(asking.hello(NOTHING, HERE), HERE));
    expect(asking.receive(answer)).toMatchObject({ kind: 'established' });
    expect(open(pair, client)).toEqual({ kind: 'established', hellos: 1 });
  });
});
