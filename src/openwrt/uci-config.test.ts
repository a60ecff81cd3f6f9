import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyRouter, anyServer } from '../config/any-config.fixture.ts';
import { parseRouterConfig, parseServerConfig } from '../config/load.ts';
import { ConfigError, formatProblem, type Problem } from '../config/problem.ts';
import { importToml } from './import-toml.ts';
import { parseUciConfig, renderedToml } from './load-uci.ts';
import { optionName, plainKeys, sectionTypes } from './section-types.ts';
import { renderUci, type UciSection } from './uci-text.ts';

const FILE = '/etc/config/wanbond';
const KEY = 'QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=';

const ROUTER = `
config wanbond 'main'
	option enabled '1'
	option nat 'yes'

config lan
	list interfaces 'br-lan'
	list interfaces 'br-guest'

config server
	option address 'vps.example.net'
	option key_id '0x10'
	option key '${KEY}'

config wan 'dsl'
	option interface 'pppoe-wan'

config wan
	option name 'lte-1'
	option interface 'wwan0'
	option tier 'overflow'
	option rate_down '50mbit'
	option monthly_cap '50GB'
	option cap_day '17'

config relay
	option workers '2'

config socks

config socks_user 'alice'
	option password 'it'\\''s "1"'
`;

const SERVER = `
config wanbond 'main'
	option role 'server'
	option id '1234'

config listen

config listen
	option transport 'socks5'
	option port '1080'

config listen_user
	option name 'bob b'
	option password '1'

config listen_user 'eve'
	option password '2'

config listen
	option transport 'intercept'
	list interfaces 'eth1'
	list ports '80'
	list ports '443'
	option preserve_source '1'
	list target_interfaces 'eth2'

config key 'home'
	option id '7'
	option key '${KEY}'
`;

function toml(uci: string): string {
  return renderedToml(parseUciConfig(uci, FILE), FILE);
}

function problemsOf(uci: string): readonly Problem[] {
  try {
    parseUciConfig(uci, FILE);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const told = (uci: string): string[] => problemsOf(uci).map((one) => formatProblem('F', one));

describe('a file', () => {
  it('of a router', () => {
    expect(parseRouterConfig(toml(ROUTER), 'r').config).toMatchObject({
      nat: true,
      stateDir: '/var/run/wanbond',
      lan: { interfaces: ['br-lan', 'br-guest'] },
      servers: [{ hosts: ['vps.example.net'], protocol: { keyId: 16, key: new Uint8Array(32).fill(0x41) } }],
      wans: [
        { name: 'dsl', interface: 'pppoe-wan', tier: 'active' },
        { name: 'lte-1', tier: 'overflow', rateDownBps: 50e6, cap: { bytes: 50e9 }, capDay: 17 },
      ],
      relay: { workers: 2 },
      socks: { users: [{ name: 'alice', password: `it's "1"` }] },
    });
  });

  it('of a server', () => {
    expect(parseServerConfig(toml(SERVER), 's').config).toMatchObject({
      id: '1234',
      stateDir: '/var/run/wanbond-server',
      listens: [
        { port: 5124 },
        {
          protocol: {
            users: [
              { name: 'bob b', password: '1' },
              { name: 'eve', password: '2' },
            ],
          },
        },
      ],
      intercepts: [{ ports: [80, 443], isSourcePreserved: true, targetInterfaces: ['eth2'] }],
      keys: [{ id: 7, name: 'home' }],
    });
  });

  it('says its role to the service, and whether it is to run', () => {
    expect(toml(SERVER)).toContain('\n# Role: server\n');
    expect(parseUciConfig(ROUTER, FILE)).toMatchObject({ role: 'router', isEnabled: true });
    expect(parseUciConfig(SERVER, FILE)).toMatchObject({ role: 'server', isEnabled: false });
  });

  it('keeps its own state-dir', () => {
    const own = ROUTER.replace("option nat 'yes'", "option state_dir '/tmp/own'");
    expect(parseRouterConfig(toml(own), 'r').config.stateDir).toBe('/tmp/own');
  });
});

describe('TOML to UCI and back is the same config', () => {
  it('of any router', () => {
    fc.assert(
      fc.property(anyRouter, ({ text }) => {
        const uci = importToml(text, '/r.toml');
        const back = parseRouterConfig(toml(uci), 'r').config;
        expect(back).toEqual({ ...parseRouterConfig(text, 'r').config, stateDir: '/var/run/wanbond' });
      }),
      { numRuns: 60 },
    );
  });

  it('of any server', () => {
    fc.assert(
      fc.property(anyServer, ({ text }) => {
        const uci = importToml(text, '/s.toml');
        const back = parseServerConfig(toml(uci), 's').config;
        expect(back).toEqual({ ...parseServerConfig(text, 's').config, stateDir: '/var/run/wanbond-server' });
      }),
      { numRuns: 60 },
    );
  });

  it('calls sections by their names where UCI can', () => {
    const text = ROUTER_TOML('main', 'dsl', 'lte-1');
    expect(
      importToml(text, '/r.toml')
        .match(/config wan.*\n.*\n/g)
        ?.slice(1),
    ).toEqual([
      "config wan\n\toption name 'main'\n",
      "config wan 'dsl'\n\toption interface 'eth1'\n",
      "config wan\n\toption name 'lte-1'\n",
    ]);
  });
});

const ROUTER_TOML = (...wans: string[]): string => `
[lan]
interfaces = ["br-lan"]
[server]
address = "192.0.2.1"
key = "${KEY}"
${wans.map((name, i) => `[[wan]]\nname = "${name}"\ninterface = "eth${i}"\n`).join('')}`;

describe('mistakes are told in words of UCI', () => {
  const wrong = (from: string, to: string): string[] => told(ROUTER.replace(from, to));

  it.each([
    [
      "option nat 'yes'",
      "option nat 'perhaps'",
      'F:4:13: wanbond.main.nat: is not true or false; write 1 or 0.',
    ],
    [
      "option workers '2'",
      "option workers 'x'",
      'F:27:17: wanbond.@relay[0].workers: is neither "auto" nor 1 to 16; write "auto" or a number.',
    ],
    ["option tier '", "option teir '", 'F:21:14: wanbond.@wan[1].teir: unknown key; did you mean `tier`?'],
    [
      "option rate_down '50mbit'",
      "option rate-down '50mbit'",
      'F:22:9: "rate-down" cannot be the name of an option; use letters, digits and _ only.',
    ],
    [
      "option interface 'pppoe-wan'",
      '',
      "F:15:8: wanbond.dsl.interface: is missing; add `option interface '...'` to `config wan`.",
    ],
    [
      "option key '",
      "option key_file '",
      /^F:13:18: wanbond.@server\[0\]\.key_file: cannot read .*there is no such file; create the file/,
    ],
    [
      "option monthly_cap '50GB'",
      "option past_cap 'off'",
      "F:23:18: wanbond.@wan[1].past_cap: has no meaning without `monthly_cap`; add `option monthly_cap '50GB'`, or remove this.",
    ],
    [
      'config lan\n',
      'config lann\n',
      'F:6:8: wanbond.@lann[0]: a router has no `config lann`; did you mean `config lan`?',
    ],
    [
      'config socks\n',
      '',
      'F:30:8: wanbond.alice: there is no `config socks` before it; write it below the `config socks` that it belongs to.',
    ],
    [
      'config relay\n',
      'config lan\n',
      'F:26:8: wanbond.@lan[1]: this is the second `config lan`; put its options into the first one.',
    ],
    [
      "option interface 'pppoe-wan'",
      "list interface 'pppoe-wan'",
      'F:16:17: wanbond.dsl.interface: is a list, and takes one value; write it once, as `option`.',
    ],
    [
      "option name 'lte-1'",
      "option name 'dsl'",
      'F:19:14: wanbond.@wan[1].name: is the same as of @wan[0]; give every WAN its own name.',
    ],
    [
      "config wanbond 'main'",
      "config wanbond 'global'",
      "F:2:8: there is no `config wanbond 'main'`; begin the file with it.",
    ],
    [
      "option enabled '1'",
      "option role 'modem'",
      `F:3:14: wanbond.main.role: "modem" is no role; write option role 'router' or option role 'server'.`,
    ],
  ])('%j, as %j', (from, to, message) => {
    expect(ROUTER).toContain(from);
    expect(wrong(from, to)).toContainEqual(
      typeof message === 'string' ? message : (expect.stringMatching(message) as string),
    );
  });

  it('all at once, in the order of the file, and names the command to try again with', () => {
    const uci = ROUTER.replace("'yes'", "'perhaps'").replace('config socks\n', 'config x-y z z\n');
    expect(problemsOf(uci).map(({ line }) => line)).toEqual([4, 29, 31]);
    expect(() => parseUciConfig(uci, FILE)).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining(`wanbond uci check ${FILE}`) as string,
      }) as Error,
    );
  });

  it('never in those of TOML', () => {
    const configs = [
      "config wanbond 'main'\n",
      "config wanbond 'main'\n\toption role 'server'\n",
      ROUTER.replaceAll(/\toption .*\n/g, ''),
      SERVER.replaceAll(/\t(option (?!role)|list) .*\n/g, ''),
      SERVER.replaceAll(/\t(option (?!role|transport)|list) .*\n/g, ''),
      SERVER.replace("'intercept'", "'shadowsocks'"),
      SERVER.replace("'intercept'", "'socks5'"),
      SERVER.replace("option preserve_source '1'", ''),
      SERVER.replace("list target_interfaces 'eth2'", ''),
      SERVER.replace("'socks5'", "'shadowsocks'"),
      SERVER.replaceAll(/config key.*\n.*\n.*\n/g, ''),
      ROUTER.replace("option interface 'pppoe-wan'", "option interface 'br-lan'\n\toption tier 'backup'"),
      ROUTER.replaceAll("option interface 'wwan0'", "option interface 'pppoe-wan'"),
      ROUTER.replace("option key '", "option transport 'shadowsocks'\n\toption password '"),
      ROUTER.replace("option key '", "option foreign '1'\n\toption key '"),
      ROUTER.replace("option key '", "option transport 'direct'\nconfig server\n\toption key '"),
    ];
    const all = configs.flatMap(told);
    expect(all.length).toBeGreaterThan(30);
    expect(
      all.filter((line) =>
        /\[\[|\]\]|\[[a-z]|= ["[t]|[a-z]-(?:file|id|dir|cap|interfaces)\b/.test(
          line.replace(/@\w+\[\d+\]/g, ''),
        ),
      ),
    ).toEqual([]);
  });
});

// Sections and options that there are, in any number and order, with values that are right now and then.
const anyValue = fc.oneof(
  fc.constantFrom(
    '1',
    '0',
    '5124',
    'auto',
    'convert',
    'socks5',
    'intercept',
    '192.0.2.1',
    '192.0.2.0/24',
    'br-lan',
  ),
  fc.constantFrom('10s', '50mbit', '50GB', '80%', '16MiB', 'backup', KEY, '0x10', '-1', '1e9', '__proto__'),
  fc.string({ minLength: 1 }).map((text) => text.replaceAll('\0', '')),
);
const anySection = (role: 'router' | 'server'): fc.Arbitrary<UciSection> =>
  fc.constantFrom(...sectionTypes(role)).chain(({ type, schema }) =>
    fc.record({
      type: fc.constant(type),
      name: fc.option(fc.constantFrom('a', 'b', 'c', 'main'), { nil: undefined }),
      options: fc
        .array(
          fc.tuple(
            fc.constantFrom(...plainKeys(schema).map(optionName), 'other'),
            fc.oneof(
              anyValue.filter((text) => text !== ''),
              fc.array(anyValue, { minLength: 1, maxLength: 3 }),
            ),
          ),
          { maxLength: 6 },
        )
        .map((entries) => new Map<string, string | readonly string[]>(entries)),
    }),
  );

it.each(['router', 'server'] as const)(
  'any sections of a %s are a config that the daemon takes, or mistakes',
  (role) => {
    const header = `config wanbond 'main'\n\toption role '${role}'\n`;
    const parse = role === 'router' ? parseRouterConfig : parseServerConfig;
    fc.assert(
      fc.property(fc.array(anySection(role), { maxLength: 6 }), (sections) => {
        const uci = header + renderUci(sections);
        const problems = problemsOf(uci);
        if (problems.length === 0) parse(toml(uci), 'd.toml');
        for (const one of problems) {
          expect(one.line).toBeGreaterThan(0);
          expect(one.hint).toMatch(/\w/);
        }
      }),
      { numRuns: 100 },
    );
  },
);

describe('a key file', () => {
  it('with a relative path is looked for beside the UCI file, and has its whole path in the TOML', () => {
    const uci = ROUTER.replace(`option key '${KEY}'`, "option key_file 'router.key'");
    expect(told(uci)[0]).toContain('cannot read /etc/config/router.key');
  });
});
