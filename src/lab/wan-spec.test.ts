// The WAN text form: every field, and errors that name the part at fault.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WanbondError } from '../base/error.ts';
import { formatRate } from '../base/units.ts';
import { parseWan, type WanSpec } from './wan-spec.ts';

/** Numbers, and the text that says them. */
const wan = fc
  .record({
    rateBps: fc.integer({ min: 1000, max: 10_000_000_000 }),
    delayUs: fc.integer({ min: 0, max: 10_000_000 }),
    jitterShare: fc.double({ min: 0, max: 1, noNaN: true }),
    lossPpm: fc.integer({ min: 0, max: 1_000_000 }),
    queueUs: fc.option(fc.integer({ min: 1, max: 10_000_000 }), { nil: undefined }),
  })
  .map(({ rateBps, delayUs, jitterShare, lossPpm, queueUs }) => {
    const jitterUs = Math.floor(delayUs * jitterShare);
    const base = { rateBps, delayMs: delayUs / 1000, jitterMs: jitterUs / 1000, lossRatio: lossPpm / 1e6 };
    const spec: WanSpec = queueUs === undefined ? base : { ...base, queueMs: queueUs / 1000 };
    const parts = [`delay=${delayUs}us`, `jitter=${jitterUs}us`, `loss=${(lossPpm / 1e4).toFixed(4)}%`];
    const queue = queueUs === undefined ? [] : [`queue=${queueUs}us`];
    return { spec, text: [formatRate(rateBps), ...parts, ...queue].join(',') };
  });

describe('parseWan', () => {
  it('reads every part, in any order', () => {
    expect(parseWan('20mbit,delay=30ms,loss=0.1%,jitter=5ms,queue=100ms')).toEqual({
      rateBps: 20e6,
      delayMs: 30,
      jitterMs: 5,
      lossRatio: 0.001,
      queueMs: 100,
    });
    expect(parseWan('50mbit')).toEqual({ rateBps: 50e6, delayMs: 0, jitterMs: 0, lossRatio: 0 });
    expect(parseWan(' 1.5mbit , jitter=500us, delay=1ms')).toMatchObject({ rateBps: 1.5e6, jitterMs: 0.5 });
  });

  it.each([
    ['', /"" cannot be read/],
    ['fast', /"fast" cannot be read.*mbit/],
    ['0mbit', /"0mbit" is too slow/],
    ['20mbit,delay=30', /"delay=30" cannot be read.*ms/],
    ['20mbit,delay=11s', /"delay=11s" is too long/],
    ['20mbit,latency=30ms', /"latency=30ms" is no part; allowed are delay, jitter, loss, queue/],
    ['20mbit,30ms', /"30ms" is no part/],
    ['20mbit,', /"" is no part/],
    ['20mbit,loss=0.1', /"loss=0.1" is no loss; allowed is 0% to 100%/],
    ['20mbit,loss=101%', /"loss=101%" is no loss/],
    ['20mbit,loss=-1%', /"loss=-1%" is no loss/],
    ['20mbit,delay=1ms,delay=2ms', /"delay=2ms" gives delay a second time/],
    ['20mbit,delay=1ms,jitter=2ms', /"jitter=2ms" is more than the delay, 1ms/],
    ['20mbit,queue=0ms', /"queue" is 0/],
    ['20mbit,__proto__=1', /is no part/],
  ])('refuses %j and says what is wrong', (text, message) => {
    expect(() => parseWan(text)).toThrow(message);
    try {
      parseWan(text);
    } catch (error) {
      expect(error).toBeInstanceOf(WanbondError);
      expect((error as WanbondError).code).toBe('bad-wan-spec');
      expect((error as WanbondError).hint).toContain('delay=TIME');
    }
  });

  it('reads any number to a microsecond and a millionth', () => {
    fc.assert(
      fc.property(wan, ({ spec, text }) => {
        expect(parseWan(text)).toEqual(spec);
      }),
    );
  });

  it('never throws anything but a WanbondError', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseWan(text);
        } catch (error) {
          expect(error).toBeInstanceOf(WanbondError);
        }
      }),
    );
  });
});
