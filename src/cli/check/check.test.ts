import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { HostFeatures } from '../../linux/features.ts';
import { GOOD_HOST } from './good-host.fixture.ts';
import { runCheck } from './check.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const folder = mkdtempSync(join(tmpdir(), 'wanbond-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function router(wans: readonly (readonly [string, string])[], server = '198.51.100.1'): string {
  const tables = wans.map(([name, rest]) => `[[wan]]\nname = "${name}"\n${rest}\n`);
  return `[lan]\ninterfaces = ["br-lan"]\n[server]\naddress = "${server}"\nkey = "${KEY}"\n${tables.join('')}`;
}

async function check(
  config: readonly string[],
  facts: Partial<HostFeatures> = {},
): Promise<{ code: number; out: string }> {
  let out = '';
  const write = (text: string): void => void (out += stripVTControlCharacters(text));
  const code = await runCheck({ config, write, facts: { ...GOOD_HOST, ...facts } });
  return { code, out };
}

const GOOD = file(
  'good.toml',
  router([
    ['dsl', 'interface = "eth1"'],
    ['cable', 'interface = "eth2"'],
  ]),
);

describe('wanbond check', () => {
  it('passes a good config on a good host', async () => {
    const { code, out } = await check([GOOD]);
    expect(out).toMatch(/^ok {4}.*good\.toml: router config$/m);
    expect(out).toMatch(/^ok {4}WAN dsl +eth1: 203\.0\.113\.5, 2001:db8::5$/m);
    expect(out).toMatch(/Nothing fails\.\n$/);
    expect(code).toBe(0);
  });

  it('reports three different mistakes with line and column, for each file', async () => {
    const bad = file(
      'bad.toml',
      '[lan]\ninterfces = ["br-lan"]\n[server]\naddress = "198.51.100"\nport = "x"\n[[listn]]\n',
    );
    const { code, out } = await check([GOOD, bad, join(folder, 'none.toml')]);
    expect(out).toContain(`${bad}:2:1: lan.interfces: unknown key; did you mean \`interfaces\`?`);
    expect(out).toContain(`${bad}:4:11: server.address: "198.51.100" is not an IP address;`);
    expect(out).toContain(`${bad}:5:8: server.port: is a string, not a number;`);
    expect(out).toContain('none.toml:1:1: cannot read this file: there is no such file;');
    expect(code).toBe(1);
  });

  it('refuses a file that is no role', async () => {
    const { code, out } = await check([file('log.toml', '[log]\nlevel = "info"\n')]);
    expect(out).toContain("log.toml:1:1: this is neither a router's nor a server's config;");
    expect(code).toBe(1);
  });

  it.each([
    ['interface = "eth"', /FAIL {2}WAN x +there is no interface eth\n.*Did you mean eth1\?/],
    ['interface = "ppp0"', /FAIL {2}WAN x +there is no interface ppp0\n.*This host has: br-lan, eth1/],
    ['interface = "eth3"', /warn {2}WAN x +eth3 is down/],
    ['interface = "wwan0"', /warn {2}WAN x +wwan0 has no address/],
    ['interface = "eth2"\nsource = "203.0.113.9"', /FAIL {2}WAN x +eth2 has no address 203\.0\.113\.9/],
  ])('says what is wrong with a WAN on %s', async (rest, expected) => {
    const { code, out } = await check([
      file(
        'wan.toml',
        router([
          ['x', rest],
          ['dsl', 'interface = "eth1"'],
        ]),
      ),
    ]);
    expect(out).toMatch(expected);
    expect(code).toBe(expected.source.startsWith('FAIL') ? 1 : 0);
  });

  it('wants WANs of a family that the server has, and two of them', async () => {
    const { code, out } = await check([
      file('six.toml', router([['cable', 'interface = "eth2"']], '2001:db8::1')),
    ]);
    expect(out).toMatch(/FAIL {2}WAN cable +has no IPv6 address, and the server has no other/);
    expect(out).toMatch(/warn {2}WANs +one only/);
    expect(code).toBe(1);
  });

  it('checks the listeners of a server', async () => {
    const text = `[[listen]]\nport = 443\n[[listen]]\naddress = "203.0.113.99"\n[[key]]\nid = 1\nkey = "${KEY}"\n`;
    const { code, out } = await check([file('server.toml', text)], { capabilities: 0n });
    expect(out).toMatch(/FAIL {2}listen \[::\]:443 +this user may not listen on this port/);
    expect(out).toMatch(/FAIL {2}listen 203\.0\.113\.99:5124 +this host has no address 203\.0\.113\.99/);
    expect(out).not.toContain('tproxy');
    expect(code).toBe(1);
  });

  it('checks an in-path gateway: privileges, kernel, forwarding, interfaces', async () => {
    const gateway = file(
      'gateway.toml',
      '[[listen]]\ntransport = "intercept"\ninterfaces = ["eth1"]\nports = [80]\npreserve-source = true\ntarget-interfaces = ["eth9"]\n',
    );
    const good = await check([gateway]);
    expect(good.out).toMatch(/ok {4}intercept eth1 /);
    expect(good.out).toMatch(/FAIL {2}intercept eth9 +there is no interface eth9/);
    const { out } = await check([gateway], {
      capabilities: 0n,
      isForwarding: { v4: false, v6: false },
      nft: { hasTproxy: false, hasSocket: true, hasRedirect: true },
    });
    expect(out).toMatch(/FAIL {2}capabilities +this process has no CAP_NET_ADMIN, which an "intercept"/);
    expect(out).toMatch(/FAIL {2}nft tproxy/);
    expect(out).toMatch(/FAIL {2}forwarding +this host routes nothing/);
    expect(out).toMatch(/FAIL {2}intercept ports +this user may not listen on 80/);
  });

  it('prints one JSON document without any key', async () => {
    let out = '';
    await runCheck({ config: [GOOD], json: true, write: (text) => void (out += text), facts: GOOD_HOST });
    expect(out).not.toContain(KEY.slice(0, 10));
    expect(JSON.parse(out)).toMatchObject({
      schema: 1,
      ok: true,
      configs: [{ file: GOOD, role: 'router', problems: [], warnings: [] }],
      findings: expect.arrayContaining([{ level: 'ok', subject: 'kernel', message: '6.1.0-18-amd64' }]),
    });
  });

  it('looks at the real host, as any user', async () => {
    let out = '';
    const code = await runCheck({ config: [], write: (text) => void (out += text) });
    expect([0, 1]).toContain(code);
    expect(stripVTControlCharacters(out)).toMatch(new RegExp(`^ok {4}node +${process.versions.node}$`, 'm'));
  });
});

it('says so when no server of a config is used with TCP Fast Open', async () => {
  const asked = `${router([['dsl', 'interface = "eth1"']])}[relay]\nfast-open = true\n`;
  const other = asked.replace(/key = .*/, 'transport = "socks5"');
  expect((await check([file('fast-open.toml', asked)])).out).not.toContain('is used with it');
  expect((await check([file('fast-open-socks.toml', other)])).out).toContain('is used with it');
});
