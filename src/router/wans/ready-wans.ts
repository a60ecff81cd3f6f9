// The WANs that can carry now, with the source addresses that suit the servers.
import { type Address, type Family } from '../../base/address.ts';
import type { RouterConfig } from '../../config/router.ts';
import { readLinks } from '../../linux/netlink/read-links.ts';
import { liveSource, type WanLink, wanLinks } from '../../wan/links/links.ts';

/** A WAN with the source addresses it has now, at most one per family. */
export interface ReadyWan {
  readonly name: string;
  readonly interface: string;
  readonly sources: readonly Address[];
}

/** In the order of the config: those that are up and have an address of a family that is wanted. */
export function readyWans(wans: readonly WanLink[], families: readonly Family[]): ReadyWan[] {
  return wans.flatMap((wan): ReadyWan[] => {
    const sources = families.flatMap((family) => liveSource(wan, family) ?? []);
    return sources.length > 0 ? [{ name: wan.name, interface: wan.device, sources }] : [];
  });
}

/** From the running host, for those who look once. */
export function readReadyWans(config: RouterConfig, families: readonly Family[]): ReadyWan[] {
  return readyWans(wanLinks(config.wans, readLinks()), families);
}
