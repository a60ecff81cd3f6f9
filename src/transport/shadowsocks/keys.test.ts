// Published vectors of what every cipher here is made of.
import { expect, test } from 'vitest';
import { Sealer } from './aead.ts';
import { passwordKey } from '../../config/shadowsocks-key.ts';
import { openIdentity, sealIdentity, keyHash, sessionKey } from './keys.ts';
import { METHODS, type Method, type MethodName } from '../../config/shadowsocks-method.ts';

const method = (name: MethodName): Method => METHODS.get(name) as Method;
const base64 = (text: string): Buffer => Buffer.from(text, 'base64');

test('EVP_BytesToKey: MD5 of the password, then of that and the password', () => {
  expect(passwordKey('foobar', 32).toString('hex')).toBe(
    '3858f62230ac3c915f300c664312c63f568378529614d22ddb49237d2f60bfdf',
  );
  expect(passwordKey('foobar', 16).toString('hex')).toBe('3858f62230ac3c915f300c664312c63f');
});

test('the session key of the 2022 edition, as other implementations derive it', () => {
  const key = base64('Lc3tTx0BY6ZJ/fCwOx3JvF0I/anhwJBO5p2+FA5Vce4=');
  const salt = base64('3oFO0VyLyGI4nFN0M9P+62vPND/L6v8IingaPJWTbJA=');
  expect(sessionKey(method('2022-blake3-aes-256-gcm'), key, salt).toString('base64')).toBe(
    'EdNE+4U8dVnHT0+poAFDK2bdlwfrHT61sUNr9WYPh+E=',
  );
});

test.each([
  // The GCM specification, test cases 2 and 14.
  ['aes-128-gcm', '0388dace60b6a392f328c2b971b2fe78', 'ab6e47d42cec13bdf53a67b21257bddf'],
  ['aes-256-gcm', 'cea7403d4d606b6e074ec5d3baf39d18', 'd0d1c8a799996bf0265b98b5d48ab919'],
  // RFC 8439, appendix A.1, test vector 2; it has no tag.
  ['chacha20-poly1305', '9f07e7be5551387a98ba977c732d080d', ''],
] as const)('%s seals zeros with the key and nonce 0 as its specification says', (cipher, text, tag) => {
  const key = Buffer.alloc(cipher === 'aes-128-gcm' ? 16 : 32);
  const into = Buffer.alloc(32);
  expect(new Sealer(cipher, key).seal(Buffer.alloc(16), into, 0)).toBe(32);
  expect(into.toString('hex').startsWith(text + tag)).toBe(true);
});

test.each([16, 32])(
  'an identity header of a key of %i bytes tells the hash of the next key, under this salt only',
  (bytes) => {
    const [identity, user, salt] = [Buffer.alloc(bytes, 1), Buffer.alloc(bytes, 2), Buffer.alloc(bytes, 3)];
    const header = sealIdentity(identity, salt, user);
    expect(header).toHaveLength(16);
    expect(openIdentity(identity, salt, header)).toEqual(keyHash(user));
    expect(openIdentity(identity, Buffer.alloc(bytes, 4), header)).not.toEqual(keyHash(user));
  },
);
