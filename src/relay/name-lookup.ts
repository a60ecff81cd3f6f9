// Looks up the names that clients of the server ask for, as every program on its host does.
import { lookup } from 'node:dns/promises';
import { type Address, parseAddress } from '../base/address.ts';

// RFC 1123, and the underscore that people use all the same; or an address as text, which some clients send as a name.
const NAME = /^[a-z0-9_.:-]{1,253}$/i;

/** In the order of the host's resolver; empty when there is no such name. */
export async function lookUpName(name: string): Promise<Address[]> {
  if (!NAME.test(name)) return [];
  try {
    const found = await lookup(name, { all: true, verbatim: true });
    return found.map(({ address }) => parseAddress(address.split('%')[0] ?? ''));
  } catch {
    return [];
  }
}
