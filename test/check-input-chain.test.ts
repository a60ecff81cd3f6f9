// `wanbond check` on the router itself: an input chain that drops what is carried, of every firewall that people have, with the
// advice followed where it is a command.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BACKBONE, ORIGIN } from '../src/lab/addresses.ts';
import { adviceFor } from './support/check-findings.ts';
import { CheckLab, complaints, MARK, PEER_PORT } from './support/check-lab.ts';
import { BY_HAND, BY_OTHERS, FIREWALLD, fw4, IPTABLES, UFW } from './support/firewalls.ts';
import { askPeer } from './support/peer.ts';
import { stopCleanly } from './support/stop-router.ts';

let on: CheckLab;
beforeAll(async () => {
  on = await CheckLab.build();
});
afterEach(() => on.undo());
afterAll(() => on?.lab.close());

describe('an input chain that drops', () => {
  const includeLine = `meta mark and ${MARK} == ${MARK} accept`;
  const mark = `-m mark --mark ${MARK}/${MARK} -j ACCEPT`;

  test.each([
    [
      'fw4',
      fw4('reject'),
      'fail input chain: drops carried flows from lan0, IPv4 and IPv6: table inet fw4, chain handle_reject (from chain input)',
      `Write the line "${includeLine}" into /usr/share/nftables.d/chain-pre/input/wanbond.nft and run \`fw4 reload\``,
    ],
    [
      'firewalld',
      FIREWALLD,
      'fail input chain: drops carried flows from lan0, IPv4 and IPv6: table inet firewalld, chain filter_INPUT',
      'Run `firewall-cmd --permanent --zone=trusted --change-interface=lan0` and `firewall-cmd --reload`',
    ],
    [
      'ufw',
      UFW,
      'fail input chain: drops carried flows from lan0, IPv4: table ip filter, chain ufw-not-local (from chain INPUT)',
      `Put "-A ufw-before-input ${mark}" before the other rules in /etc/ufw/before.rules`,
    ],
    [
      'iptables',
      IPTABLES,
      'fail input chain: drops carried flows from lan0, IPv4: table ip filter, chain INPUT: policy drop',
      `Run \`iptables -I INPUT ${mark}\`, the same with ip6tables`,
    ],
    [
      'fw4 that lets the LAN in, but only 25 new connections a second',
      fw4('accept'),
      'warn input chain: may drop carried flows from lan0, IPv4 and IPv6: table inet fw4, chain syn_flood (from chain input)',
      `Write the line "${includeLine}" into /usr/share/nftables.d/chain-pre/input/wanbond.nft`,
    ],
    [
      'one that cannot be judged',
      BY_OTHERS,
      'warn input chain: may drop carried flows from lan0, IPv4 and IPv6: table inet filter, chain input: policy drop',
      `Run \`nft insert rule inet filter input ${includeLine}\``,
    ],
  ])('%s', async (_, text, line, advice) => {
    await on.nft(text);
    const checked = await on.look();
    expect(complaints(checked)).toEqual([line]);
    expect(adviceFor(checked, /carried flows from/)).toContain(advice);
    expect(checked.code).toBe(line.startsWith('fail') ? 1 : 0);
  });

  test('in a table that another program holds, but not in one that sleeps', async () => {
    const table = (name: string, flag: string): string =>
      `table inet ${name} { flags ${flag}; chain input { type filter hook input priority 5; policy drop; }; }`;
    const script = `(echo '${table('held', 'owner')}'; echo 'list tables'; sleep 600) | nft -i`;
    const holder = on.lab.hosts.router.spawn(['sh', '-c', script]);
    on.later(() => holder.stop());
    await holder.waitFor(/table inet held/, 20_000);
    await on.nft(`${table('sleeping', 'dormant')}\n`);
    expect(complaints(await on.look())).toEqual([
      'fail input chain: drops carried flows from lan0, IPv4 and IPv6: table inet held, chain input: policy drop',
    ]);
  });

  test('fw4 with the include that is named carries', async () => {
    const line = /"(.*)" into \/usr\/share/.exec(await adviceOn(fw4('reject')))?.[1] ?? '';
    // As fw4 puts the files of chain-pre/input: at the top of the chain.
    await on.sh(`nft insert rule inet fw4 input ${line}`);
    await expectCarries();
  });

  test.each(['tproxy', 'redirect'])('by hand, and the command that is named (%s)', async (method) => {
    const redirect = { method };
    await on.nft(BY_HAND);
    const router = await on.lab.startRouter({ overrides: { redirect } });
    expect(await askPeer(on.lab.hosts.lan, ORIGIN.address4, PEER_PORT)).toBe('ECONNREFUSED');
    await stopCleanly(router);
    const checked = await on.look({ overrides: { redirect } });
    expect(complaints(checked)).toEqual([
      'fail input chain: drops carried flows from lan0, IPv4 and IPv6: table inet filter, chain input',
    ]);
    await on.follow(adviceFor(checked, /carried flows/));
    await expectCarries(method);
  });

  test('iptables itself, and the command that is named', async () => {
    for (const [program, family, neighbours] of [
      ['iptables', 'ip', ''],
      ['ip6tables', 'ip6', '-A INPUT -p ipv6-icmp -j ACCEPT\n'],
    ] as const) {
      const input = `*filter
:INPUT DROP [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A INPUT -i lo -j ACCEPT
${neighbours}COMMIT
`;
      on.later(() => on.lab.hosts.router.must(['nft', 'delete', 'table', family, 'filter']));
      await on.lab.hosts.router.must([`${program}-restore`], { input });
    }
    const router = await on.lab.startRouter();
    expect(await askPeer(on.lab.hosts.lan, ORIGIN.address4, PEER_PORT)).not.toBe(BACKBONE.server4);
    await stopCleanly(router);
    const advice = adviceFor(await on.look(), /carried flows from/);
    expect(advice).toContain('the same with ip6tables');
    await on.follow(advice);
    await on.follow(advice.replace('iptables', 'ip6tables'));
    await expectCarries();
  });

  async function adviceOn(text: string): Promise<string> {
    await on.nft(text);
    return adviceFor(await on.look(), /carried flows/);
  }

  async function expectCarries(method = 'tproxy'): Promise<void> {
    const redirect = { method };
    expect(complaints(await on.look({ overrides: { redirect } }))).toEqual([]);
    const router = await on.lab.startRouter({ overrides: { redirect } });
    expect(await askPeer(on.lab.hosts.lan, ORIGIN.address4, PEER_PORT)).toBe(BACKBONE.server4);
    expect(await askPeer(on.lab.hosts.lan, ORIGIN.address6, PEER_PORT)).toBe(BACKBONE.server6);
    await stopCleanly(router);
  }
});
