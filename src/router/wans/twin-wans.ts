// WANs with one address, as two modems of one make hand it out: the kernel knows one MPTCP endpoint per address.
import { formatAddress, sameAddress } from '../../base/address.ts';
import type { ReadyWan } from './ready-wans.ts';

export interface TwinWans {
  /** Each with the addresses that none before has, and those that have such an address. */
  readonly apart: readonly ReadyWan[];
  /** The others, and why, by name. */
  readonly twins: ReadonlyMap<string, string>;
}

export function tellTwins(wans: readonly ReadyWan[]): TwinWans {
  const apart: ReadyWan[] = [];
  const twins = new Map<string, string>();
  for (const wan of wans) {
    const earlier = wan.sources.map((source) => holderOf(source, apart));
    const own = wan.sources.filter((_, index) => !earlier[index]);
    if (own.length === wan.sources.length) apart.push(wan);
    else if (own.length > 0) apart.push({ ...wan, sources: own });
    else twins.set(wan.name, reason(wan, earlier[0]));
  }
  return { apart, twins };
}

function holderOf(source: ReadyWan['sources'][number], wans: readonly ReadyWan[]): ReadyWan | undefined {
  return wans.find(({ sources }) => sources.some((one) => sameAddress(one, source)));
}

function reason({ sources: [source] }: ReadyWan, holder: ReadyWan | undefined): string {
  const address = source ? formatAddress(source) : '';
  return `${holder?.name} has its address ${address}: change the network of one of the two modems`;
}
