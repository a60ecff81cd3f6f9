// `wanbond check` on the way to the server: every answer that it has, provoked.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { CONVERT_PORT } from '../src/lab/program-config.ts';
import { builtPeer } from './support/built-peer.ts';
import { adviceFor, type Checked, type CheckRun, check, linesOf } from './support/check-findings.ts';
import { readFailures } from './support/daemon-status.ts';
import { networkState } from './support/network-state.ts';
import { awaitNoCookie } from './support/send-hello.ts';
import { wanbond } from './support/wanbond.ts';

const SHIFT_CLOCK = new URL('./support/shift-clock.cjs', import.meta.url).pathname;
const ONE_ANSWER = new URL('./support/one-answer.mjs', import.meta.url).pathname;
const MPTCP_CONNECT = builtPeer('mptcp-connect');
const OTHER_KEY = Buffer.alloc(32, 7).toString('base64');
const AT = `${SERVER.address4}:${CONVERT_PORT}`;
const AT6 = `[${SERVER.address6}]:${CONVERT_PORT}`;
const CLOCK = 'ok clock: right enough for the server';
const ADVICE_FOR_OPTIONS = /^Look for a firewall, proxy or "TCP optimizer" .*unknown TCP options/;
// Of middleboxes.
const CAPABLE_SYN = 'tcp flags & (syn | ack) == syn tcp option mptcp exists';
const JOIN = 'tcp option mptcp subtype 1';

let lab: Lab;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped', 'unshaped'] });
  await lab.startServer();
});
afterAll(() => lab?.close());

const about = (checked: Checked): string[] => linesOf(checked, /^server over/, /^MPTCP over/, /^clock$/);
const aboutWan = (checked: Checked, wan: string, at: string): string[] =>
  linesOf(checked, new RegExp(`over ${wan}$`)).filter((line) => line.includes(` ${at}: `));

const connects = (wan: string, at = AT): unknown =>
  expect.stringMatching(
    new RegExp(
      String.raw`^ok server over ${wan}: ${at.replaceAll(/[[\].]/g, String.raw`\$&`)}: ok, connects in \d+(\.\d)? ms$`,
    ),
  );
const keeps = (wan: string, first: string, at = AT): string =>
  `ok MPTCP over ${wan}: ${at}: kept, a second subflow joins a connection over ${first}`;

/** Rules of middleboxes in the Internet, while `work` runs. */
async function withMiddleboxes<T>(rules: readonly string[], work: () => Promise<T>): Promise<T> {
  const { net } = lab.hosts;
  const chain = `type filter hook forward priority 0\n${rules.join('\n')}\n`;
  await net.must(['nft', '-f', '-'], { input: `table inet middlebox {\nchain on_the_way {\n${chain}}\n}\n` });
  try {
    return await work();
  } finally {
    await net.must(['nft', 'delete', 'table', 'inet', 'middlebox']);
  }
}

const on4 = (gateway: string, rule: string): string => `iifname "${gateway}" meta nfproto ipv4 ${rule}`;
const on6 = (gateway: string, rule: string): string => `iifname "${gateway}" meta nfproto ipv6 ${rule}`;

// Memory of the host that the kernel counts among its settings.
const isCount = (line: string): boolean => /dentry|inode|random/.test(line);

test('all is well over every WAN in both families; the host stays as it was, the server counts no failure', async () => {
  const { router } = lab.hosts;
  const before = await networkState(router);
  // A server that has just started knows no hello from before its start: it asks for a cookie, and it is right.
  await awaitNoCookie(lab);
  const failures = await readFailures(lab, 'server');
  const checked = await check(lab);
  const both = (wan: string, first: string): unknown[] => [
    connects(wan),
    keeps(wan, first),
    connects(wan, AT6),
    keeps(wan, first, AT6),
  ];
  expect(about(checked)).toEqual([
    ...both('wan1', 'wan2'),
    ...both('wan2', 'wan1'),
    ...both('wan3', 'wan1'),
    CLOCK,
  ]);
  expect(checked.code).toBe(0);
  expect(await readFailures(lab, 'server')).toEqual(failures);
  const after = await networkState(router);
  expect(after.filter((line) => !isCount(line))).toEqual(before.filter((line) => !isCount(line)));

  expect(about(await check(lab, { network: false }))).toEqual([]);
  const text = await wanbond(router, 'check', '-c', lab.files.configFile('router'));
  expect(text.stdout).toMatch(/^ok {4}server over wan2 +203\.0\.113\.1:5124: ok, connects in /m);
});

test('refused', async () => {
  const checked = await check(lab, { families: [4], overrides: { server: { port: 5999 } } });
  expect(about(checked)).toEqual(
    ['wan1', 'wan2', 'wan3'].map((wan) => `fail server over ${wan}: ${SERVER.address4}:5999: refused`),
  );
  expect(adviceFor(checked, /refused/)).toMatch(
    /^Start the server there, or correct server\.address and server\.port \(5999\)/,
  );
  expect(checked.code).toBe(1);
});

test('timeouts of one WAN, of a server, and of a strict reverse path filter; no route; MP_CAPABLE stripped', async () => {
  const { router } = lab.hosts;
  const NOWHERE = '203.0.113.5';
  const rules = [
    on4('gw2', 'tcp option mptcp exists reset tcp option mptcp'),
    on6('gw2', 'drop'),
    `ip daddr ${NOWHERE} drop`,
  ];
  await router.must(['sysctl', '-w', 'net.ipv4.conf.wan3.rp_filter=1']);
  await router.ip([`route del default via ${lab.wans[2]?.gateway6} dev wan3`]);
  const address = [SERVER.address4, SERVER.address6, NOWHERE];
  const checked = await withMiddleboxes(rules, () => check(lab, { overrides: { server: { address } } }));
  await router.must(['sysctl', '-w', 'net.ipv4.conf.wan3.rp_filter=0']);
  await lab.setWan('wan3', 'up');
  expect(checked.code).toBe(1);

  expect(aboutWan(checked, 'wan1', AT)).toEqual([connects('wan1'), keeps('wan1', 'the same WAN')]);
  expect(aboutWan(checked, 'wan2', AT)).toEqual([
    connects('wan2'),
    `fail MPTCP over wan2: ${AT}: stripped, MP_CAPABLE is gone after connect: plain TCP`,
  ]);
  const stripped = adviceFor(checked, /MP_CAPABLE is gone/);
  expect(stripped).toMatch(ADVICE_FOR_OPTIONS);
  expect(stripped).toContain('or check that the server has MPTCP');

  const timeout = (wan: string, at: string): string =>
    `fail server over ${wan}: ${at}: timeout, nothing answers`;
  expect(aboutWan(checked, 'wan2', AT6)).toEqual([timeout('wan2', AT6)]);
  expect(adviceFor(checked, new RegExp(`f::1.*timeout`))).toMatch(
    /^The server answers over wan1: check whether wan2 has Internet at all, and what blocks TCP port 5124 there/,
  );
  expect(aboutWan(checked, 'wan1', `${NOWHERE}:5124`)).toEqual([timeout('wan1', `${NOWHERE}:5124`)]);
  expect(adviceFor(checked, /113\.5:5124: timeout/)).toMatch(
    /^Check that the server runs, that its firewall .* lets TCP port 5124 in, and that wan1 has Internet/,
  );
  expect(aboutWan(checked, 'wan3', AT)).toEqual([timeout('wan3', AT)]);
  expect(adviceFor(checked, /113\.1:5124: timeout/)).toMatch(
    /^Run `sysctl -w net\.ipv4\.conf\.wan3\.rp_filter=2` and check again/,
  );
  expect(aboutWan(checked, 'wan3', AT6)).toEqual([
    expect.stringMatching(/^fail server over wan3: .*: cannot be reached \((ENETUNREACH|EHOSTUNREACH)\)$/),
  ]);
  expect(adviceFor(checked, /cannot be reached/)).toMatch(
    /^Check the default route: `ip -6 route show dev wan3`/,
  );
});

test('MPTCP SYNs dropped or refused, joins stripped or dropped', async () => {
  const rules = [
    on4('gw2', `${CAPABLE_SYN} drop`),
    on6('gw2', `${CAPABLE_SYN} reject with tcp reset`),
    on4('gw3', `${JOIN} reset tcp option mptcp`),
    on6('gw3', `${JOIN} drop`),
  ];
  const checked = await withMiddleboxes(rules, () => check(lab));
  const lost = (wan: string, at: string, what: string): unknown[] => [
    connects(wan, at),
    `fail MPTCP over ${wan}: ${at}: ${what}`,
  ];
  expect(checked.code).toBe(1);
  expect(aboutWan(checked, 'wan2', AT)).toEqual(
    lost('wan2', AT, 'stripped, connections with MP_CAPABLE are dropped, plain TCP connects'),
  );
  expect(aboutWan(checked, 'wan2', AT6)).toEqual(
    lost('wan2', AT6, 'stripped, connections with MP_CAPABLE are refused, plain TCP connects'),
  );
  expect(aboutWan(checked, 'wan3', AT)).toEqual(
    lost('wan3', AT, 'stripped, MP_JOIN is gone: a second subflow cannot join a connection over wan1'),
  );
  expect(aboutWan(checked, 'wan3', AT6)).toEqual(
    lost('wan3', AT6, 'MP_JOIN is dropped: a second subflow gets no answer'),
  );
  for (const message of [
    /MP_CAPABLE are dropped/,
    /MP_CAPABLE are refused/,
    /MP_JOIN is gone/,
    /MP_JOIN is dropped/,
  ]) {
    expect(adviceFor(checked, message)).toMatch(ADVICE_FOR_OPTIONS);
  }
});

test('a server that allows no second subflow', async () => {
  const { server } = lab.hosts;
  await server.must(['ip', 'mptcp', 'limits', 'set', 'subflows', '0', 'add_addr_accepted', '0']);
  const checked = await check(lab, { families: [4] });
  await server.must(['ip', 'mptcp', 'limits', 'set', 'subflows', '8', 'add_addr_accepted', '8']);
  expect(aboutWan(checked, 'wan2', AT)).toEqual([
    connects('wan2'),
    `fail MPTCP over wan2: ${AT}: MP_JOIN is refused: a second subflow is reset`,
  ]);
  expect(adviceFor(checked, /MP_JOIN is refused/)).toMatch(
    /^Check on the server that `ip mptcp limits` allows subflows/,
  );
});

test('MPTCP left out by this kernel, which took a firewall for a black hole', async () => {
  const { router } = lab.hosts;
  // Any program's connection that gets through in the end, as plain TCP.
  await withMiddleboxes([`${CAPABLE_SYN} drop`], () =>
    router.must([process.execPath, MPTCP_CONNECT, SERVER.address4, String(CONVERT_PORT)]),
  );
  const checked = await check(lab, { families: [4] });
  await router.must(['sysctl', '-w', 'net.mptcp.blackhole_timeout=0']);
  expect(aboutWan(checked, 'wan2', AT)).toEqual([
    connects('wan2'),
    `fail MPTCP over wan2: ${AT}: this kernel leaves MP_CAPABLE out, the network would keep it`,
  ]);
  expect(adviceFor(checked, /leaves MP_CAPABLE out/)).toMatch(
    /^Run `sysctl -w net\.mptcp\.blackhole_timeout=0`/,
  );
  expect(aboutWan(await check(lab, { families: [4] }), 'wan2', AT)).toEqual([
    connects('wan2'),
    keeps('wan2', 'wan1'),
  ]);
});

test('a user who may not try a second subflow', async () => {
  const checked = await check(lab, { families: [4], userId: 65_534 });
  expect(aboutWan(checked, 'wan2', AT)).toEqual([
    connects('wan2'),
    expect.stringMatching(/^warn .* kept, but a second subflow could not be tried: .*EPERM/),
  ]);
  expect(adviceFor(checked, /could not be tried/)).toMatch(/^Run this check as root/);
});

test('wrong key, key id or server id', async () => {
  for (const server of [{ key: OTHER_KEY }, { 'key-id': 9 }, { id: 'another' }] as CheckRun['overrides'][]) {
    const checked = await check(lab, { families: [4], overrides: { server: server ?? {} } });
    expect(aboutWan(checked, 'wan1', AT)[0]).toBe(
      `fail server over wan1: ${AT}: wrong key: the server does not take ours`,
    );
    expect(adviceFor(checked, /wrong key/)).toMatch(
      /^Compare server\.id \("\w+"\), server\.key-id \(\d\) and the key with the config of the server/,
    );
    expect(checked.code).toBe(1);
  }
});

test('something else answers', async () => {
  const { server } = lab.hosts;
  const port = 5998;
  const others: readonly (readonly [address: string, answer: string[], message: string, advice: RegExp])[] = [
    [
      '203.0.113.3',
      ['01012263'],
      'wrong key: the server does not prove that it has ours',
      /^Compare server\.id/,
    ],
    ['203.0.113.4', ['010222631e010200'], 'the server speaks something else', /^Run a wanbond server there/],
    [
      '203.0.113.5',
      [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex')],
      'something else listens there: the reply is malformed',
      /^Correct server\.address and server\.port \(5998\)/,
    ],
    ['203.0.113.6', ['-'], 'something else listens there: it closes', /^Correct server\.address/],
    [
      SERVER.address4,
      [],
      'something else listens there: it connects but says nothing',
      /^Correct server\.address/,
    ],
  ];
  await server.ip(others.slice(0, -1).map(([address]) => `addr add ${address}/32 dev ${SERVER.device}`));
  const running = others.map(([address, answer]) =>
    server.spawn([process.execPath, ONE_ANSWER, address, String(port), ...answer]),
  );
  await Promise.all(running.map((one) => one.waitFor(/listening/, 20_000)));
  const address = others.map(([one]) => one);
  const checked = await check(lab, { overrides: { server: { address, port } } });
  await Promise.all(running.map((one) => one.stop()));
  expect(checked.code).toBe(1);
  for (const [one, , message, advice] of others) {
    expect(aboutWan(checked, 'wan1', `${one}:${port}`)[0]).toContain(`: ${one}:${port}: ${message}`);
    expect(adviceFor(checked, new RegExp(`${one}:${port}: ${message}`))).toMatch(advice);
  }
});

test.each([
  [60_000, 'off by 60 s: this host is ahead of the server'],
  [-90_000, 'off by 90 s: this host is behind the server'],
])('a clock that is %i ms off', async (shiftMs, message) => {
  const checked = await check(lab, {
    families: [4],
    env: { SHIFT_CLOCK_MS: String(shiftMs) },
    nodeArguments: ['--require', SHIFT_CLOCK],
  });
  expect(aboutWan(checked, 'wan1', AT)).toEqual([connects('wan1'), keeps('wan1', 'wan2')]);
  expect(linesOf(checked, /^clock$/)).toEqual([`warn clock: ${message}`]);
  expect(adviceFor(checked, /off by/)).toMatch(/^Set the clocks \(NTP\)/);
  expect(checked.code).toBe(0);
});
