// fw4 in the router's root file system: its config for the lab, and starting it.
import { describe, WanbondError } from '../../base/error.ts';
import { renderUci, type UciSection } from '../../openwrt/uci-text.ts';
import { LAN } from '../addresses.ts';
import type { Host } from '../host.ts';
import type { Box } from './box.ts';
import { SHELL } from './root-facts.ts';

export const FIREWALL_FILE = '/etc/config/firewall';
/** What nft lists of our include. */
const OUR_RULE = /comment "wanbond: carried/;

/**
 * A config of fw4 that rejects what comes to the router from any side, as a guest network's zone does: what gets to the
 * relay nevertheless was let in by our include.
 * @param wans devices
 */
export function firewallConfig(wans: readonly string[]): string {
  const section = (
    type: string,
    options: Readonly<Record<string, string | readonly string[]>>,
  ): UciSection => ({
    type,
    name: undefined,
    options: new Map(Object.entries(options)),
  });
  const policy = { input: 'REJECT', output: 'ACCEPT' };
  return renderUci([
    section('defaults', { ...policy, forward: 'REJECT' }),
    section('zone', { name: 'lan', device: [LAN.routerDevice], ...policy, forward: 'ACCEPT' }),
    section('zone', { name: 'wan', device: wans, ...policy, forward: 'REJECT', masq: '1', mtu_fix: '1' }),
    section('forwarding', { src: 'lan', dest: 'wan' }),
    // Without its neighbours no host is on IPv6.
    section('rule', { name: 'Allow-ICMPv6', src: '*', proto: 'icmp', family: 'ipv6', target: 'ACCEPT' }),
  ]);
}

/** @throws WanbondError `fw4-fails`, `no-include` */
export async function startFw4(box: Box, router: Host, wans: readonly string[]): Promise<void> {
  let input: string;
  try {
    await box.must([SHELL, '-c', `cat >${FIREWALL_FILE}`], { input: firewallConfig(wans) });
    // `fw4 start` succeeds whatever nft says.
    await box.must(['/sbin/fw4', 'check']);
    await box.must(['/sbin/fw4', 'start']);
    input = await router.must(['nft', 'list', 'chain', 'inet', 'fw4', 'input']);
  } catch (cause) {
    throw new WanbondError({
      code: 'fw4-fails',
      message: `fw4 of the root file system does not start: ${describe(cause)}`,
      hint: 'Look with --keep, or leave fw4 out: remove /sbin/fw4 from a copy of the root file system.',
      cause,
    });
  }
  if (OUR_RULE.test(input)) return;
  throw new WanbondError({
    code: 'no-include',
    message: 'fw4 has not taken /usr/share/nftables.d/chain-pre/input/wanbond.nft of the package',
    hint: 'Install the package as a whole, or give it with --package.',
  });
}
