// What the kernel says of one interface: its state, its addresses and the default routes that leave by it.
import type { Address, Family } from '../base/address.ts';
import type { Prefix } from '../base/prefix.ts';

/** RFC 2863. Most virtual interfaces without a carrier of their own (PPP, dummy) say `unknown` and work. */
export type OperState =
  | 'unknown'
  | 'not-present'
  | 'down'
  | 'lower-layer-down'
  | 'testing'
  | 'dormant'
  | 'up';

/** How far an address reaches; `global` is the only one that can be a source on the Internet. */
export type AddressScope = 'global' | 'site' | 'link' | 'host';

export interface AddressFact {
  readonly family: Family;
  readonly address: Address;
  /** Prefix length in the 16-byte form: a /24 of IPv4 has 120. */
  readonly bits: number;
  /** The other end of a point-to-point link. */
  readonly peer: Address | undefined;
  readonly scope: AddressScope;
  /** Duplicate address detection is not done yet; it takes about a second. */
  readonly isTentative: boolean;
  readonly isDadFailed: boolean;
  readonly isDeprecated: boolean;
  /** An IPv6 privacy address, which will go away. */
  readonly isTemporary: boolean;
  /** Of IPv4: another address of the same subnet came first. */
  readonly isSecondary: boolean;
}

/** A unicast default route of the main table. */
export interface DefaultRouteFact {
  readonly family: Family;
  /** Undefined on links where every destination is a frame away (PPP, LTE). */
  readonly gateway: Address | undefined;
  /** 0 is the best. */
  readonly metric: number;
  /** RTPROT_*: who made it. */
  readonly protocol: number;
  /** Only packets from here may use it (`default from PREFIX`, IPv6). */
  readonly sourcePrefix: Prefix | undefined;
  /** The source that the route itself names (`src ADDRESS`), as DHCP clients write it. */
  readonly preferredSource?: Address | undefined;
}

export interface LinkFact {
  /** Differs from the one before when an interface vanished and came back under its name. */
  readonly index: number;
  readonly name: string;
  /** As `ip -details` has it: bridge, vlan, ppp, tun, wireguard; undefined for hardware. */
  readonly kind: string | undefined;
  readonly isAdminUp: boolean;
  readonly hasCarrier: boolean;
  readonly isLoopback: boolean;
  readonly operState: OperState;
  /** The index of the bridge, bond or VRF that it belongs to. */
  readonly master: number | undefined;
  /** In the kernel's order: of IPv4 the oldest first, of IPv6 the newest. */
  readonly addresses: readonly AddressFact[];
  /** Best metric first. */
  readonly defaultRoutes: readonly DefaultRouteFact[];
}

/** Whether it can be a source towards the Internet, now and for a while. */
export function isUsableSource(one: AddressFact): boolean {
  if (one.scope === 'link' || one.scope === 'host') return false;
  return !one.isDadFailed && !one.isTentative && !one.isDeprecated && !one.isTemporary;
}
