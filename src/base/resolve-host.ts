// Asks the host's own resolver for the addresses of a name, as every program on the host does.
import { lookup } from 'node:dns/promises';
import { type Address, parseAddress } from './address.ts';

/**
 * In the order of the resolver; empty when there is no such name. Never fails. Of an answer with a scope
 * (`fe80::1%eth0`, from /etc/hosts) the address alone is given.
 */
export async function resolveHost(name: string): Promise<Address[]> {
  try {
    const found = await lookup(name, { all: true, verbatim: true });
    return found.map(({ address }) => parseAddress(address.split('%')[0] ?? ''));
  } catch {
    return [];
  }
}
