import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJoin, encodeJoin, type Join } from './join.ts';

const JOIN: Join = {
  hosts: ['203.0.113.1', '2001:db8:f::1'],
  port: 5124,
  serverId: 'wanbond',
  keyId: 1,
  key: new Uint8Array(32).fill(7),
};

const joins = fc.record({
  hosts: fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), { minLength: 1, maxLength: 4 }),
  port: fc.integer({ min: 1, max: 65_535 }),
  serverId: fc.string({ minLength: 1, maxLength: 64 }),
  keyId: fc.integer({ min: 0, max: 0xffff_ffff }),
  key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
});

function codeOf(text: string): string | undefined {
  try {
    decodeJoin(text);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('a join string', () => {
  it('comes back as it was, also broken over lines', () => {
    fc.assert(
      fc.property(joins, (join) => {
        const text = encodeJoin(join);
        expect(text).toMatch(/^wanbond1:[A-Za-z0-9_-]+$/);
        expect(decodeJoin(text)).toEqual(join);
        expect(decodeJoin(` ${text.replaceAll(/.{40}/g, '$&\n')}\r\n`)).toEqual(join);
      }),
    );
  });

  it('is short enough for a QR code that fits on a terminal', () => {
    expect(encodeJoin(JOIN).length).toBeLessThan(120);
  });

  it('is refused after a change of any one character', () => {
    const text = encodeJoin(JOIN);
    const signs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ :=+/.';
    for (let i = 0; i < text.length; i++) {
      for (const sign of signs) {
        if (sign === text[i]) continue;
        expect(codeOf(text.slice(0, i) + sign + text.slice(i + 1)), `${i} ${sign}`).toMatch(/^join-/);
      }
    }
    fc.assert(
      fc.property(joins, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (join, where, sign) => {
        const whole = encodeJoin(join);
        const i = where % whole.length;
        fc.pre(sign !== whole[i]);
        expect(codeOf(whole.slice(0, i) + sign + whole.slice(i + 1))).toMatch(/^join-/);
      }),
    );
  });

  it('says when its end or its beginning is missing', () => {
    const text = encodeJoin(JOIN);
    for (let end = 0; end < text.length; end++) {
      expect(codeOf(text.slice(0, end))).toBe(end < 9 ? 'join-foreign' : 'join-truncated');
    }
    expect(codeOf(text.slice(1))).toBe('join-foreign');
    expect(codeOf(`${text}AA`)).toBe('join-damaged');
    expect(codeOf('')).toBe('join-foreign');
  });

  it('says when it is of a newer version', () => {
    expect(codeOf(encodeJoin(JOIN).replace('1:', '2:'))).toBe('join-newer');
    expect(codeOf('wanbond10:AAAA')).toBe('join-newer');
  });

  it('is in no message', () => {
    const text = encodeJoin(JOIN);
    for (const bad of [text.slice(0, -3), text.slice(3), `${text.slice(0, 40)}!${text.slice(41)}`]) {
      expect(() => decodeJoin(bad)).toThrow(/^the join string [^A-Z]{0,80}$/);
    }
  });
});
