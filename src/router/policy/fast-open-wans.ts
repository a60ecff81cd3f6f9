// Which WANs go on without TCP Fast Open, because it failed there: until the router restarts, or the WAN has another
// address, which may lie behind other boxes.
import { type Address, formatAddress } from '../../base/address.ts';
import type { Log } from '../../base/log.ts';

interface AddressedWan {
  readonly name: string;
  readonly sources: readonly Address[];
}

export const FAST_OPEN_LOST =
  'SYNs with data were not answered or not taken three times in a row: flows begin without TCP Fast Open here';

export class FastOpenWans {
  private readonly log: Log;
  /** By name, with the addresses at which it failed. */
  private readonly lost = new Map<string, string>();

  constructor(log: Log) {
    this.log = log;
  }

  /** @param wans as they are now. Every worker may find it out. */
  lose(name: string, wans: readonly AddressedWan[]): void {
    if (this.lost.has(name)) return;
    const wan = wans.find((one) => one.name === name);
    this.lost.set(name, addressesOf(wan));
    const hint = 'ask its provider for boxes that drop such SYNs, or set relay.fast-open = false';
    this.log.warn({ wan: name }, `${FAST_OPEN_LOST}; ${hint}`);
  }

  /** A WAN without any address is not another one. */
  follow(wans: readonly AddressedWan[]): void {
    for (const wan of wans) {
      const before = this.lost.get(wan.name);
      if (before !== undefined && wan.sources.length > 0 && before !== addressesOf(wan))
        this.lost.delete(wan.name);
    }
  }

  isLost(name: string): boolean {
    return this.lost.has(name);
  }
}

const addressesOf = (wan: AddressedWan | undefined): string =>
  (wan?.sources ?? []).map(formatAddress).toSorted().join(' ');
