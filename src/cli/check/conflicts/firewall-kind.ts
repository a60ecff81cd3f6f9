// Which program keeps the firewall: advice has to be in its words, or it is gone with its next reload.
import type { Chain, Ruleset } from '../nft/ruleset.ts';

export type FirewallKind = 'fw4' | 'firewalld' | 'ufw' | 'iptables' | 'nft';

/** Of one chain, or of the whole host. */
export function firewallKind({ chains }: Ruleset, of?: Chain): FirewallKind {
  const looked = of ? chains.filter((one) => one.table === of.table && one.family === of.family) : chains;
  if (looked.some(({ table }) => table === 'fw4')) return 'fw4';
  if (looked.some(({ table }) => table === 'firewalld')) return 'firewalld';
  if (looked.some(({ name }) => /^ufw6?-/.test(name))) return 'ufw';
  // Only iptables writes its chains in capitals.
  if (looked.some(({ name, hook }) => hook !== undefined && name === name.toUpperCase())) return 'iptables';
  return 'nft';
}
