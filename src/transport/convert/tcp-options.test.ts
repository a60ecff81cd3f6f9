import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wantedOptions } from './tcp-options.ts';

const OURS = [30, 4, 8];
const of = (text: string) => wantedOptions(Buffer.from(text.replaceAll(' ', ''), 'hex'), OURS);

describe('the TCP options of an Extended Connect', () => {
  it('passes over those that are the stack of the server, or belong to no SYN', () => {
    expect(of('00 01 02 04 05 b4 03 03 07 05 0a 00 00 00 01 00 00 00 02 00 00')).toEqual({
      kind: 'fine',
      mptcp: false,
    });
  });

  it('takes what our SYNs have, without a value', () => {
    expect(of('04 02 08 02')).toEqual({ kind: 'fine', mptcp: false });
    expect(of('04 02 1e 02')).toEqual({ kind: 'fine', mptcp: true });
  });

  it.each([
    ['a value that the kernel would not copy', '08 0a 00 00 00 01 00 00 00 00', [8]],
    ['MPTCP with content', '1e 04 01 81', [30]],
    ['TCP-AO', '1d 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00', [29]],
    ['Fast Open, with a cookie and without', '22 02 22 06 01 02 03 04', [34]],
    ['several, each told once', '22 02 04 02 fd 04 00 00 fd 02', [34, 253]],
  ])('does not take %s', (_name, text, kinds) => {
    expect(of(text)).toEqual({ kind: 'unsupported', kinds: Uint8Array.from(kinds) });
  });

  it('does not take what this host has switched off', () => {
    expect(wantedOptions(Buffer.from('0402', 'hex'), [30])).toMatchObject({ kind: 'unsupported' });
  });

  it.each(['04', '04 00', '04 01', '1e 05 00 00'])('finds %s malformed', (text) => {
    expect(of(text)).toEqual({ kind: 'malformed' });
  });

  it('comes to an end with any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), (bytes) => {
        const wanted = wantedOptions(bytes, OURS);
        if (wanted.kind !== 'unsupported') return;
        expect(new Set(wanted.kinds).size).toBe(wanted.kinds.length);
        for (const kind of wanted.kinds) expect([0, 1, 2, 3, 5]).not.toContain(kind);
      }),
      { numRuns: 2000 },
    );
  });
});
