// Mistakes in a UCI file, told in words of UCI.
import { describe, expect, it } from 'vitest';
import { parseUciConfig } from './load-uci.ts';
import { FILE, problemsOf, ROUTER, SERVER, told } from './uci-files.fixture.ts';

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
      "option tier 'overflow'",
      "option on_server_loss 'block'",
      "F:21:24: wanbond.@wan[1].on_server_loss: unknown key; `on_server_loss` belongs to `config wanbond 'main'`.",
    ],
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
