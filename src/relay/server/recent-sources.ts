// From which address the kernel dials a target, remembered for a moment: a page opens several connections to the same host, and
// asking takes four system calls.
import { type Address, familyOf, type SocketAddress } from '../../base/address.ts';

// An address that comes to this host in the meantime is told from others that much later.
const KEPT_MS = 1000;
const MOST = 1024;

export class RecentSources {
  private readonly ask: (to: SocketAddress) => Address | number;
  private readonly found = new Map<number | string, Address>();
  private sinceMs = Number.NEGATIVE_INFINITY;

  /** @param ask the address, or an errno */
  constructor(ask: (to: SocketAddress) => Address | number) {
    this.ask = ask;
  }

  /** Errors are asked for anew each time. */
  towards(to: SocketAddress, nowMs: number): Address | number {
    if (nowMs - this.sinceMs > KEPT_MS || this.found.size >= MOST) {
      this.found.clear();
      this.sinceMs = nowMs;
    }
    const key = keyOf(to.address);
    const known = this.found.get(key);
    if (known) return known;
    const source = this.ask(to);
    if (typeof source !== 'number') this.found.set(key, source);
    return source;
  }
}

/** A number where one is enough: asked with every flow. */
function keyOf(address: Address): number | string {
  if (familyOf(address) === 6) return String.fromCharCode(...address);
  return new DataView(address.buffer, address.byteOffset).getInt32(12);
}
