// The stock protocols in configs of both roles: what is taken, and what is refused with which words.
import { describe, expect, test } from 'vitest';
import { parseRouterConfig, parseServerConfig } from './load.ts';

const KEY_16 = Buffer.alloc(16, 1).toString('base64');
const OTHER_16 = Buffer.alloc(16, 2).toString('base64');

const router = (server: string): string =>
  `[lan]\ninterfaces = ["lan"]\n[[wan]]\nname = "a"\ninterface = "eth1"\n[server]\naddress = "192.0.2.1"\n${server}`;

function problem(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was taken');
}

describe('a router', () => {
  const protocolOf = (text: string): unknown => {
    const [server] = parseRouterConfig(router(text), 'r.toml').config.servers;
    return server?.transport === 'direct' ? undefined : server?.protocol;
  };

  test.each([
    ['transport = "socks5"', { transport: 'socks5', login: undefined, pipelined: 'auto' }],
    [
      'transport = "socks5"\nuser = "anna"\npassword = "geheim"\npipelined = "on"',
      { transport: 'socks5', login: { user: 'anna', password: 'geheim' }, pipelined: 'on' },
    ],
    [
      'transport = "socks6"\nuser = "a"\npassword = "b"',
      { transport: 'socks6', login: { user: 'a', password: 'b' } },
    ],
    ['transport = "shadowsocks"\nmethod = "none"', { transport: 'shadowsocks', cipher: 'none' }],
    [
      'transport = "shadowsocks"\nmethod = "aes-256-gcm"\npassword = "foobar"',
      { cipher: { method: { edition: 2017 }, keys: [{ length: 32 }] } },
    ],
    [
      `transport = "shadowsocks"\nmethod = "2022-blake3-aes-128-gcm"\npassword = "${KEY_16}:${OTHER_16}"`,
      { cipher: { keys: [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)] } },
    ],
  ])('takes %s', (text, protocol) => expect(protocolOf(text)).toMatchObject(protocol));

  test.each([
    ['transport = "socks5"\npassword = "x"', /server\.user: is missing; add the user/],
    ['transport = "socks5"\nuser = "x"', /server\.password: is not 1 to 255/],
    [`transport = "socks5"\nkey = "${KEY_16}"`, /server\.key: .*/],
    ['transport = "socks5"\nmethod = "none"', /server\.method: has no meaning for "socks5"/],
    ['transport = "shadowsocks"\nid = "x"', /server\.id: has no meaning for "shadowsocks"/],
    ['transport = "socks6"\nkey-id = 2', /server\.key-id: has no meaning for "socks6"/],
    ['transport = "socks5"\nforeign = true', /server\.foreign: has no meaning for "socks5"/],
    ['transport = "socks6"\npipelined = "on"', /server\.pipelined: has no meaning for "socks6"/],
    ['transport = "shadowsocks"', /server\.method: is missing/],
    ['transport = "shadowsocks"\nmethod = "aes-256-gcm"', /server\.password: is missing/],
    ['transport = "shadowsocks"\nmethod = "none"\npassword = "x"', /server\.password: has no meaning/],
    [
      `transport = "shadowsocks"\nmethod = "2022-blake3-aes-256-gcm"\npassword = "${KEY_16}"`,
      /server\.password: is 16 bytes, not 32; .*head -c 32/,
    ],
    [
      'transport = "shadowsocks"\nmethod = "2022-blake3-aes-256-gcm"\npassword = "pass word"',
      /server\.password: is not base64/,
    ],
    ['transport = "shadowsocks"\nmethod = "rc4-md5"', /server\.method: .*2022-blake3-aes-128-gcm/],
  ])('refuses %s', (text, says) => {
    expect(problem(() => parseRouterConfig(router(text), 'r.toml'))).toMatch(says);
  });

  test('never repeats a password in a message', () => {
    const text = 'transport = "shadowsocks"\nmethod = "2022-blake3-aes-128-gcm"\npassword = "topsecret!"';
    expect(problem(() => parseRouterConfig(router(text), 'r.toml'))).not.toContain('topsecret');
  });
});

describe('a server', () => {
  const protocolOf = (text: string): unknown =>
    parseServerConfig(`[[listen]]\n${text}`, 's.toml').config.listens[0]?.protocol;

  test.each([
    [
      'transport = "socks5"\nuser = [{ name = "anna", password = "geheim" }]',
      { transport: 'socks5', users: [{ name: 'anna', password: 'geheim' }] },
    ],
    [
      'transport = "socks5"\naddress = ["127.0.0.1", "10.1.2.3", "fd00::1"]',
      { transport: 'socks5', users: undefined },
    ],
    [
      'transport = "shadowsocks"\nmethod = "chacha20-ietf-poly1305"\npassword = "foobar"',
      { identityKey: undefined, users: [{ key: { length: 32 } }] },
    ],
    [
      `transport = "shadowsocks"\nmethod = "2022-blake3-aes-128-gcm"\npassword = "${KEY_16}"\nuser = [{ name = "bob", password = "${OTHER_16}" }]`,
      { identityKey: new Uint8Array(16).fill(1), users: [{ name: 'bob', key: new Uint8Array(16).fill(2) }] },
    ],
  ])('takes %s', (text, protocol) => expect(protocolOf(text)).toMatchObject(protocol));

  test.each([
    ['transport = "convert"', /key: is missing: no router could use/],
    ['transport = "convert"\npassword = "x"', /listen\[0\]\.password: has no meaning for "convert"/],
    ['transport = "socks5"', /listen\[0\]\.user: is missing: the whole Internet/],
    ['transport = "socks5"\naddress = ["10.0.0.1", "192.0.2.1"]', /listen\[0\]\.user: is missing/],
    [
      'transport = "socks5"\nuser = [{ name = "a", password = "b" }, { name = "a", password = "c" }]',
      /listen\[0\]\.user\[1\]\.name: is the same as of user\[0\]/,
    ],
    ['transport = "shadowsocks"\nmethod = "none"', /listen\[0\]\.method: "none" asks nobody for a key/],
    ['transport = "shadowsocks"\npassword = "x"', /listen\[0\]\.method: is missing/],
    [
      'transport = "shadowsocks"\nmethod = "2022-blake3-aes-128-gcm"\npassword = "pass word"',
      /listen\[0\]\.password: is not base64; .*head -c 16/,
    ],
    ['transport = "shadowsocks"\nmethod = "aes-128-gcm"\npassword = ""', /listen\[0\]\.password: is empty/],
    [
      `transport = "shadowsocks"\nmethod = "2022-blake3-aes-128-gcm"\npassword = "${KEY_16}"\nuser = [{ name = "a", password = "short" }]`,
      /listen\[0\]\.user\[0\]\.password: is 3 bytes, not 16/,
    ],
    [
      'transport = "shadowsocks"\nmethod = "aes-128-gcm"\npassword = "x"\nuser = [{ name = "a", password = "b" }]',
      /listen\[0\]\.user: aes-128-gcm cannot tell users apart/,
    ],
    [
      `transport = "shadowsocks"\nmethod = "2022-blake3-aes-128-gcm"\npassword = "${KEY_16}:${OTHER_16}"`,
      /listen\[0\]\.password: holds several keys/,
    ],
    [
      `transport = "shadowsocks"\nmethod = "2022-blake3-aes-128-gcm"\npassword = "${KEY_16}"\nuser = [{ name = "a", password = "${OTHER_16}" }, { name = "b", password = "${OTHER_16}" }]`,
      /listen\[0\]\.user\[1\]\.password: is the same as of user\[0\]/,
    ],
  ])('refuses %s', (text, says) => {
    expect(problem(() => parseServerConfig(`[[listen]]\n${text}`, 's.toml'))).toMatch(says);
  });

  test.each(['socks5', 'shadowsocks'])(
    'never repeats the password of a user of %s in a message',
    (transport) => {
      const text = `[[listen]]\ntransport = "${transport}"\nuser = [{ name = "anna", password = "töpsecret" }]`;
      const said = problem(() => parseServerConfig(text, 's.toml'));
      expect(said).toMatch(/user\[0\]\.password: is not 1 to 255 printable ASCII/);
      expect(said).not.toContain('psecret');
    },
  );
});

test('a transport that is a property of every object is as unknown as any other', () => {
  expect(problem(() => parseRouterConfig(router('transport = "__proto__"'), 'r.toml'))).toContain(
    'server.transport: "__proto__" is not known here',
  );
  expect(problem(() => parseServerConfig('[[listen]]\ntransport = "constructor"', 's.toml'))).toContain(
    'listen[0].transport: "constructor" is not known here',
  );
});
