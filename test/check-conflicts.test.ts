// `wanbond check` on the router itself: everything else that may stand in the way, provoked, with the advice followed
// where it is a command.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LAN } from '../src/lab/addresses.ts';
import { adviceFor, linesOf } from './support/check-findings.ts';
import { CheckLab, complaints, MARK } from './support/check-lab.ts';
import { stopCleanly } from './support/stop-router.ts';

let on: CheckLab;
beforeAll(async () => {
  on = await CheckLab.build();
});
afterEach(() => on.undo());
afterAll(() => on?.lab.close());

describe('nothing to say', () => {
  // Of mwan3, pbr, Tailscale and wg-quick, as each writes them.
  const OTHERS = [
    'fwmark 0x100/0x3f00 lookup 1 priority 2001',
    'fwmark 0x3d00/0x3f00 blackhole priority 2061',
    'fwmark 0x10000/0xff0000 lookup 256 priority 30000',
    'fwmark 0x80000/0xff0000 lookup main priority 5210',
    'lookup 52 priority 5270',
    'lookup main suppress_prefixlength 0 priority 32764',
    'not fwmark 51820 lookup 51820 priority 32765',
  ];
  const OTHER_MARKS = `table inet other_marks {
  chain mangle_prerouting {
    type filter hook prerouting priority mangle; policy accept;
    iifname "lan0" meta mark set meta mark & 0xff00ffff | 0x00010000
    meta mark & 0x3f00 == 0 meta mark set meta mark & 0xffffc0ff | 0x100
    iifname "wan1" meta mark set 0x1
  }
  chain output {
    type route hook output priority mangle; policy accept;
    meta mark set ct mark
  }
}
`;

  test('about a plain router, and about marks and rules of others that do not meet ours', async () => {
    expect(complaints(await on.look())).toEqual([]);
    for (const rule of OTHERS) await on.sh(`ip rule add ${rule}`, `ip rule del ${rule}`);
    await on.nft(OTHER_MARKS);
    const checked = await on.look();
    expect(complaints(checked)).toEqual([]);
    expect(linesOf(checked, /^marks$/)).toEqual([`ok marks: nobody else uses ${MARK}/${MARK}`]);
  });

  test.each(['tproxy', 'redirect'])('about what a running daemon has made itself (%s)', async (method) => {
    const router = await on.lab.startRouter({ wans: ['wan1', 'wan2'], overrides: { redirect: { method } } });
    expect(complaints(await on.look({ overrides: { redirect: { method } }, families: [4] }))).toEqual([]);
    await stopCleanly(router);
  });
});

test('forwarding off, no NAT, strict reverse path filters: each command that is named helps', async () => {
  await on.sh(
    'sysctl -w net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 net.ipv4.conf.wan2.rp_filter=1',
    'sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.wan2.rp_filter=0',
  );
  const rules = await on.lab.hosts.router.must(['nft', 'list', 'table', 'inet', 'wblab_nat']);
  on.later(() => on.lab.hosts.router.must(['nft', '-f', '-'], { input: rules }));
  await on.sh('nft delete table inet wblab_nat');
  await on.nft(
    'table ip nat {\nchain postrouting {\ntype nat hook postrouting priority srcnat\noifname "wan1" masquerade\n}\n}\n',
  );
  const FILTER = `table inet rpfilter {
  chain prerouting {
    type filter hook prerouting priority raw
    meta nfproto ipv6 fib saddr . mark . iif oif missing drop
  }
}
`;
  await on.nft(FILTER);

  const checked = await on.look();
  const why =
    'what is not carried (UDP, ICMP, bypassed targets) does not pass, nor anything while wanbond is stopped';
  expect(complaints(checked)).toEqual([
    `warn forwarding: is off for IPv4: ${why}`,
    `warn forwarding: is off for IPv6: ${why}`,
    'warn NAT: no rule translates what leaves by wan2 (wan2): the provider drops the addresses of the LAN',
    'warn rp_filter: is strict on wan2; wanbond makes it loose while it runs',
    'warn rp_filter: is strict by nftables: table inet rpfilter, chain prerouting',
  ]);
  expect(checked.code).toBe(0);
  expect(adviceFor(checked, /no rule translates/)).toMatch(/^Set nat = true, or run `nft /);
  expect(adviceFor(checked, /strict by nftables/)).toMatch(
    /^Leave "\. iif" \(or "\. oif"\) out of that rule/,
  );
  for (const message of [/off for IPv4/, /off for IPv6/, /no rule translates/, /strict on wan2/]) {
    await on.follow(adviceFor(checked, message));
  }
  await on.sh('nft delete table inet rpfilter');
  expect(complaints(await on.look())).toEqual([]);
});

test('routing rules before ours, with our priority, and with our table', async () => {
  // wg-quick takes the first number below the rules that it finds.
  await on.sh('ip rule add not fwmark 51820 lookup 51820 priority 799', 'ip rule del priority 799');
  await on.sh('ip rule add fwmark 0x1/0xff lookup 55 priority 800', 'ip rule del priority 800');
  await on.sh('ip -6 rule add fwmark 0x2/0xff lookup 7780 priority 900', 'ip -6 rule del priority 900');
  const checked = await on.look();
  expect(complaints(checked)).toEqual([
    'warn routing rules: carried flows are taken away by IPv4 rule 799 (not fwmark 0xca6c lookup 51820), which come before ours (800): while wanbond runs, it moves its own in front',
    'warn routing rules: priority 800 is in use: IPv4 rule 800 (fwmark 0x1/0xff lookup 55)',
    'fail routing rules: table 7780 is in use: IPv6 rule 900 (fwmark 0x2/0xff lookup 7780)',
  ]);
  expect(adviceFor(checked, /taken away/)).toBe('Set redirect.rule-priority to 798, below 799.');
  expect(adviceFor(checked, /is in use: IPv4/)).toBe('Set redirect.rule-priority to a free one, like 798.');
  expect(adviceFor(checked, /table 7780/)).toMatch(/^Set redirect\.table to a number that neither/);
  const redirect = { 'rule-priority': 798, table: 7799 };
  expect(complaints(await on.look({ overrides: { redirect } }))).toEqual([]);

  await on.sh('ip route add 192.0.2.0/24 dev lo table 7799', 'ip route flush table 7799');
  expect(complaints(await on.look({ overrides: { redirect } }))).toEqual([
    'fail routing rules: table 7799 is in use: IPv4 192.0.2.0/24 dev lo scope link',
  ]);
});

test('marks that share our bits, and one that wipes them out', async () => {
  await on.sh('ip rule add fwmark 0x40000000/0xf0000000 lookup 9 priority 7000', 'ip rule del priority 7000');
  const table = (name: string, rule: string): string =>
    `table inet ${name} {\nchain pre {\ntype filter hook prerouting priority dstnat\n${rule}\n}\n}\n`;
  await on.nft(table('setter', 'iifname "lan0" meta mark set meta mark | 0x40000000'));
  await on.nft(table('wiper', 'iifname "lan0" meta mark set ct mark'));
  const checked = await on.look();
  expect(complaints(checked)).toEqual([
    'fail marks: 0x40000000 shares bits with IPv4 rule 7000 (fwmark 0x40000000/0xf0000000)',
    'fail marks: table inet setter, chain pre sets bits of ours (0x40000000)',
    'fail marks: table inet wiper, chain pre overwrites our mark before the packet is routed',
  ]);
  expect(adviceFor(checked, /shares bits/)).toBe(
    'Set redirect.mark to a bit that nobody uses, like 0x8000000.',
  );
  expect(adviceFor(checked, /sets bits/)).toBe(
    'Set redirect.mark to a bit that nobody uses, like 0x8000000.',
  );
  expect(adviceFor(checked, /overwrites/)).toMatch(/^Let that rule keep the bits of others/);
  await on.sh('nft delete table inet wiper');
  expect(complaints(await on.look({ overrides: { redirect: { mark: 0x800_0000 } } }))).toEqual([]);

  // A mark of mwan3's, by a config that says so.
  await on.sh('ip rule add fwmark 0x200/0x3f00 lookup 2 priority 2002', 'ip rule del priority 2002');
  expect(complaints(await on.look({ overrides: { redirect: { mark: 0x100 } } }))).toEqual([
    'fail marks: 0x100 shares bits with IPv4 rule 2002 (fwmark 0x200/0x3f00)',
  ]);
});

test('two WANs with the same subnet or address, and one with that of the LAN', async () => {
  const [wan1, wan2] = on.lab.wans;
  await on.sh('ip addr add 203.0.113.20/28 dev wan2', 'ip addr del 203.0.113.20/28 dev wan2');
  await on.sh('ip addr add 192.168.1.77/24 dev wan1', 'ip addr del 192.168.1.77/24 dev wan1');
  const checked = await on.look();
  expect(complaints(checked)).toEqual([
    'warn addresses: wan1 and wan2 have the same subnet 203.0.113.16/28: either may answer for the other, except while wanbond runs',
    `fail addresses: the LAN (${LAN.routerDevice}) and wan1 have the same subnet 192.168.1.0/24`,
  ]);
  const advice = adviceFor(checked, /wan1 and wan2/);
  expect(advice).toMatch(/^Change the network of one of the two modems, or run `sysctl -w /);
  on.later(() => on.lab.hosts.router.must(['sysctl', '-w', 'net.ipv4.conf.all.arp_ignore=0']));
  await on.follow(advice);
  expect(complaints(await on.look())).toEqual([
    `fail addresses: the LAN (${LAN.routerDevice}) and wan1 have the same subnet 192.168.1.0/24`,
  ]);
  expect(adviceFor(checked, /the LAN/)).toBe('Change the network of the LAN or of the modem behind wan1.');

  const shared = wan1?.router4 ?? '';
  await on.sh(`ip addr add ${shared}/28 dev wan2`, `ip addr del ${shared}/28 dev wan2`);
  const wan = [
    { name: 'wan1', interface: wan1?.device, source: shared },
    { name: 'wan2', interface: wan2?.device, source: shared },
  ];
  const same = await on.look({ overrides: { wan }, families: [4] });
  expect(linesOf(same, /^addresses$/)[0]).toBe(
    `fail addresses: wan1 and wan2 have the same address ${shared}`,
  );
  expect(adviceFor(same, /the same address/)).toMatch(
    /^Change the network of one of the two modems: with one address/,
  );
});

test("endpoints of others, more addresses than the kernel's 8, and programs that make endpoints", async () => {
  const directory = mkdtempSync(join(tmpdir(), 'wanbond-manager-'));
  on.later(() => Promise.resolve(rmSync(directory, { recursive: true })));
  const managers = ['mptcpd', 'NetworkManager'].map((name) => {
    const program = join(directory, name);
    copyFileSync('/usr/bin/sleep', program);
    return on.lab.hosts.router.spawn([program, '600']);
  });
  on.later(() => Promise.all(managers.map((one) => one.stop())));
  const own = on.lab.wans[0]?.router4 ?? '';
  await on.sh(
    `ip mptcp endpoint add ${own} id 7 dev wan1 subflow backup\nip mptcp endpoint add 192.0.2.77 id 9 signal`,
    'ip mptcp endpoint flush',
  );
  // Equal to ours: adopted at the start.
  await on.sh(`ip mptcp endpoint add ${on.lab.wans[1]?.router4} id 8 dev wan2 subflow`);
  const checked = await on.look();
  expect(complaints(checked)).toEqual([
    `fail MPTCP endpoints: one of another program is in the way of ours: ${own} dev wan1 (subflow backup)`,
    'warn MPTCP endpoints: one of another program makes subflows that wanbond does not know of: 192.0.2.77 (signal)',
    'warn MPTCP endpoints: mptcpd is running and may add and remove endpoints',
    'warn MPTCP endpoints: NetworkManager is running and may add and remove endpoints',
  ]);
  expect(adviceFor(checked, /mptcpd is running/)).toBe('Stop it: `systemctl disable --now mptcp.service`.');
  expect(adviceFor(checked, /NetworkManager is running/)).toMatch(
    /^Set connection\.mptcp-flags to disabled for the connections of wan1, wan2: `nmcli connection modify/,
  );

  const many = await on.look({ wans: 5 });
  expect(complaints(many)).toContain(
    "fail MPTCP endpoints: 10 WAN addresses and 2 endpoints of others are more than the kernel's 8",
  );
  expect(adviceFor(many, /the kernel's 8/)).toMatch(
    /^Use fewer WANs, or give WANs one `source` address each/,
  );

  for (const message of [/in the way of ours/, /does not know of/])
    await on.follow(adviceFor(checked, message));
  await Promise.all(managers.map((one) => one.stop()));
  expect(complaints(await on.look())).toEqual([]);
});

test('what cannot be looked into is said', async () => {
  const user = await on.look({ userId: 65_534 });
  expect(complaints(user)).toContain('warn input chain: nftables cannot be asked what it drops');
  expect(adviceFor(user, /cannot be asked/)).toBe('Run this check as root.');

  const stateDir = mkdtempSync(join(tmpdir(), 'wanbond-state-'));
  on.later(() => Promise.resolve(rmSync(stateDir, { recursive: true })));
  writeFileSync(join(stateDir, 'journal.json'), '{');
  const damaged = await on.look({ overrides: { 'state-dir': stateDir } });
  expect(complaints(damaged)).toEqual([
    expect.stringMatching(/^fail conflicts: the record of changed settings cannot be read: /),
  ]);
  expect(adviceFor(damaged, /record of changed/)).toMatch(/^Look at it/);
});
