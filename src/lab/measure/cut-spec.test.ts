// The text form of a cut: what it means, and errors that name the part at fault.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WanbondError } from '../../base/error.ts';
import { checkCut, parseCut } from './cut-spec.ts';

describe('parseCut', () => {
  it.each([
    ['wan1@5s', { wan: 'wan1', kind: 'carrier', direction: 'both', atMs: 5000, transfer: 'down' }],
    ['wan2@2500ms,restore=10s', { wan: 'wan2', kind: 'carrier', atMs: 2500, restoreAtMs: 10_000 }],
    ['wan1@5s,silent', { kind: 'silent', direction: 'both' }],
    ['wan1@5s,up', { kind: 'silent', direction: 'up' }],
    ['wan1@5s, silent, down, restore = 7s', { kind: 'silent', direction: 'down', restoreAtMs: 7000 }],
    ['wan1@5s,upload', { kind: 'carrier', transfer: 'up' }],
  ])('reads %j', (text, spec) => {
    expect(parseCut(text)).toMatchObject(spec);
  });

  it('is not restored unless it says so', () => {
    expect(parseCut('wan1@5s').restoreAtMs).toBeUndefined();
  });

  it.each([
    ['', /"" is no NAME@TIME/],
    ['wan1', /"wan1" is no NAME@TIME/],
    ['wan1@', /"wan1@" is no NAME@TIME/],
    ['wan1@5', /"wan1@5" cannot be read.*ms/],
    ['wan1@1s', /"wan1@1s" is too early; .* from 2s on/],
    ['wan1@2h', /"wan1@2h" is too late; at most 10min/],
    ['wan1@5s,restore=5s', /"restore=5s" is not after the cut, 5s/],
    ['wan1@5s,restore=3s', /"restore=3s" is not after the cut, 5s/],
    ['wan1@5s,restore=soon', /"restore=soon" cannot be read/],
    ['wan1@5s,restore', /"restore" is no part; allowed are restore=TIME, silent, up, down, upload/],
    ['wan1@5s,silent=1', /"silent=1" is no part/],
    ['wan1@5s,loud', /"loud" is no part/],
    ['wan1@5s,', /"" is no part/],
    ['wan1@5s,up,down', /exclude each other/],
    ['wan1@5s,silent,silent', /gives silent a second time/],
  ])('refuses %j and says what is wrong', (text, message) => {
    expect(() => parseCut(text)).toThrow(message);
    try {
      parseCut(text);
    } catch (error) {
      expect(error).toMatchObject({
        code: 'bad-cut-spec',
        hint: expect.stringMatching(/NAME@TIME.*like wan1@5s/),
      });
    }
  });

  it('never throws anything but a WanbondError', () => {
    const part = fc.constantFrom(
      'wan1@5s',
      '@',
      'restore=',
      '5s',
      'up',
      'down',
      'silent',
      ',',
      '=',
      '__proto__',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join(',')),
        ),
        (text) => {
          try {
            parseCut(text);
          } catch (error) {
            expect(error).toBeInstanceOf(WanbondError);
          }
        },
      ),
    );
  });
});

describe('checkCut', () => {
  const wans = [
    { name: 'wan1', isShaped: true },
    { name: 'wan2', isShaped: false },
  ];

  it('takes a WAN that can be cut', () => {
    expect(() => checkCut(parseCut('wan1@5s'), wans)).not.toThrow();
  });

  it('names the WANs that there are', () => {
    expect(() => checkCut(parseCut('dsl@5s'), wans)).toThrow(/no WAN "dsl"; it has wan1, wan2/);
  });

  it('refuses one that the emulator does not carry', () => {
    expect(() => checkCut(parseCut('wan2@5s'), wans)).toThrow(/wan2 is unshaped.*--wan 100mbit/);
  });
});
