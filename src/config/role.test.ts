import { expect, it } from 'vitest';
import { WanbondError } from '../base/error.ts';
import { parseRouterConfig, parseServerConfig } from './load.ts';
import { findRole, requireRole } from './role.ts';

const ROUTER =
  '[lan]\ninterfaces = ["br-lan"]\n[server]\ntransport = "direct"\n[[wan]]\nname = "a"\ninterface = "b"\n';
const SERVER = '[[listen]]\ntransport = "socks5"\naddress = "127.0.0.1"\n';

function refusal(parse: () => unknown): WanbondError {
  try {
    parse();
  } catch (error) {
    if (error instanceof WanbondError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

it.each([
  [ROUTER, 'router'],
  [SERVER, 'server'],
  // What only one table tells.
  ['[redirect]\n', 'router'],
  ['[egress]\n', 'server'],
])('is found by its tables: %j', (text, role) => expect(findRole(text, 'F')).toBe(role));

it('is refused for both roles, with the place of what is of each', () => {
  expect(findRole(`${ROUTER}[egress]\n${SERVER}`, 'F')).toMatchObject({
    line: 1,
    message:
      'this is the config of both roles: of a router it has [lan] (line 1), [server] (line 3) and [[wan]] (line 5); of a server [egress] (line 8) and [[listen]] (line 9)',
  });
  const both = refusal(() => requireRole(`key = "x"\n${ROUTER}`, 'F'));
  expect(both.code).toBe('unknown-role');
  expect(both.message).toMatch(/^F is the config of both roles: .*; of a server `key` \(line 1\)$/);
  expect(both.hint).toMatch(/^Write a file for each role/);
});

it('is refused for neither', () => {
  const neither = refusal(() => requireRole('[log]\n', 'F'));
  expect(neither.message).toBe("F is neither a router's nor a server's config");
  expect(neither.hint).toContain('[[listen]]');
});

it('that is the other one is told before anything else', () => {
  const asRouter = refusal(() => parseRouterConfig(`${SERVER}[[key]]\n`, 'F'));
  expect(asRouter.message).toBe(
    "F is a server's config, not a router's: it has [[listen]] (line 1) and [[key]] (line 4)",
  );
  expect(asRouter.hint).toBe('`wanbond server -c F` runs it; or give the config of a router.');
  expect(refusal(() => parseServerConfig(ROUTER, 'F')).message).toMatch(
    /^F is a router's config, not a server's/,
  );
  // One table in the wrong file is a mistake of that file.
  expect(refusal(() => parseServerConfig(`${SERVER}[lan]\n`, 'F')).message).toContain('lan: unknown key');
});
