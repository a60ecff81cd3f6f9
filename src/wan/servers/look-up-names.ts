// The addresses of the servers' names: as the host itself resolves them, and where that fails, over any WAN.
import { type Address, familyOf } from '../../base/address.ts';
import { parsePrefix, prefixContains } from '../../base/prefix.ts';
import { resolveHost } from '../../base/resolve-host.ts';
import { within } from '../../base/within.ts';
import { askResolver, type Resolver } from './dns-question.ts';
import type { NameAnswers } from './known-servers.ts';

/** A WAN over which resolvers can be asked. */
export interface AskingWan {
  readonly name: string;
  readonly interface: string;
  readonly sources: readonly Address[];
}

// The host's own resolver tries for 10 s and more; a default route over a dead WAN is no reason to wait that long.
const OWN_TIMEOUT_MS = 2500;
const QUESTION_TIMEOUT_MS = 2000;
const DNS_PORT = 53;
/** Of a link that the answer does not name: no WAN leads there. */
const LINK_LOCAL = parsePrefix('fe80::/10');

const isReachable = (address: Address): boolean => !prefixContains(LINK_LOCAL, address);

/** Names without an answer are left out; whoever needs them says so. */
export async function lookUpNames(
  names: readonly string[],
  wans: readonly AskingWan[] = [],
  resolvers: readonly Address[] = [],
): Promise<NameAnswers> {
  const found = await Promise.all(
    names.map(async (name) => {
      const own = (await askHost(name)).filter(isReachable);
      if (own.length > 0) return [name, own] as const;
      return [name, (await askOverWans(name, overWans(resolvers, wans))).filter(isReachable)] as const;
    }),
  );
  return new Map(found.filter(([, addresses]) => addresses.length > 0));
}

async function askHost(name: string): Promise<Address[]> {
  const asked = resolveHost(name);
  return (await within(asked, OWN_TIMEOUT_MS)) ? await asked : [];
}

function overWans(resolvers: readonly Address[], wans: readonly AskingWan[]): Resolver[] {
  return wans.flatMap((wan) =>
    resolvers.flatMap((address) => {
      const from = wan.sources.find((source) => familyOf(source) === familyOf(address));
      return from ? [{ device: wan.interface, from, at: { address, port: DNS_PORT } }] : [];
    }),
  );
}

/** All at once: the first with an answer counts, IPv4 before IPv6 as most servers are reached. */
async function askOverWans(name: string, resolvers: readonly Resolver[]): Promise<Address[]> {
  const asked = resolvers.map(async (resolver) => {
    const families = await Promise.all(
      ([4, 6] as const).map((family) => askResolver(resolver, name, family, QUESTION_TIMEOUT_MS)),
    );
    const addresses = families.flat();
    if (addresses.length === 0) throw new Error('no answer');
    return addresses;
  });
  return await Promise.any(asked).catch(() => []);
}
