import { expect, it } from 'vitest';
import { withServer } from './join-server.ts';
import { parseUciConfig } from './load-uci.ts';

const join = {
  hosts: ['192.0.2.1', '2001:db8::1'],
  port: 5999,
  serverId: "it's",
  keyId: 7,
  key: new Uint8Array(32).fill(0x41),
};
const ROUTER = `# mine
config wanbond 'main'

config lan
	list interfaces 'br-lan'

config wan 'dsl'
	option interface 'eth1'`;

it('adds the server below what is there', () => {
  const text = withServer(ROUTER, 'F', join);
  expect(text.startsWith(ROUTER)).toBe(true);
  expect(parseUciConfig(text, 'F').table).toMatchObject({
    server: [
      {
        address: ['192.0.2.1', '2001:db8::1'],
        port: 5999,
        id: "it's",
        'key-id': 7,
        key: 'QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=',
      },
    ],
  });
});

it.each([
  [`${ROUTER}\nconfig server\n`, 'server-there', /uci delete/],
  ["config wanbond 'main'\n\toption role 'server'\n", 'not-a-router', /uci set/],
])('refuses %j', (text, code, hint) => {
  expect(() => withServer(text, 'F', join)).toThrow(
    expect.objectContaining({ code, hint: expect.stringMatching(hint) as string }) as Error,
  );
});
