// One path between router and far end: over which WAN, from which address, to which.
import type { Address, SocketAddress } from '../base/address.ts';

export interface Path {
  readonly wan: string;
  /** The interface of the WAN. */
  readonly device: string;
  readonly from: Address;
  readonly to: SocketAddress;
}
