// The addresses of the servers' names: as the host itself resolves them, and where that fails, over any WAN.
import { lookup } from 'node:dns/promises';
import { type Address, familyOf, parseAddress } from '../base/address.ts';
import { within } from '../base/within.ts';
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

/** Names without an answer are left out; whoever needs them says so. */
export async function lookUpNames(
  names: readonly string[],
  wans: readonly AskingWan[] = [],
  resolvers: readonly Address[] = [],
): Promise<NameAnswers> {
  const found = await Promise.all(
    names.map(async (name) => {
      const own = await askHost(name);
      return [name, own.length > 0 ? own : await askOverWans(name, ways(wans, resolvers))] as const;
    }),
  );
  return new Map(found.filter(([, addresses]) => addresses.length > 0));
}

async function askHost(name: string): Promise<Address[]> {
  const asked = lookup(name, { all: true }).then(
    (answers) => answers.map(({ address }) => parseAddress(address)),
    () => [],
  );
  return (await within(asked, OWN_TIMEOUT_MS)) ? await asked : [];
}

function ways(wans: readonly AskingWan[], resolvers: readonly Address[]): Resolver[] {
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
