// RTM_NEWADDR and RTM_DELADDR: an address of an interface and what it may be used for.
import { type Family, sameAddress } from '../../base/address.ts';
import type { AddressFact, AddressScope } from '../../plan/link-fact.ts';
import { AF_INET, AF_INET6 } from '../constants.ts';
import * as abi from './abi.ts';
import { readAddress, readAttributes, readU32 } from './attribute.ts';
import type { NetlinkMessage } from './message.ts';

export interface AddressEvent extends AddressFact {
  readonly kind: 'address';
  readonly isRemoved: boolean;
  /** Of the interface. */
  readonly index: number;
}

export function readInterfaceAddress({ type, body }: NetlinkMessage): AddressEvent | undefined {
  if (body.length < abi.IFADDRMSG_BYTES) return undefined;
  const family = readFamily(body);
  if (family === undefined) return undefined;
  const attributes = readAttributes(body.subarray(abi.IFADDRMSG_BYTES));
  // On a point-to-point link IFA_ADDRESS is the peer, and IFA_LOCAL is ours; IPv6 without a peer has no IFA_LOCAL.
  const shown = readAddress(attributes, abi.IFA_ADDRESS, family);
  const address = readAddress(attributes, abi.IFA_LOCAL, family) ?? shown;
  if (address === undefined) return undefined;
  // The byte in the header has room for the first eight flags only.
  const flags = readU32(attributes, abi.IFA_FLAGS) ?? body.readUInt8(2);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  return {
    kind: 'address',
    isRemoved: type === abi.RTM_DELADDR,
    index: body.readUInt32LE(4),
    family,
    address,
    bits: toPrefixBits(family, body.readUInt8(1)),
    peer: shown && !sameAddress(shown, address) ? shown : undefined,
    scope: scopeOf(body.readUInt8(3)),
    isTentative: has(abi.IFA_F_TENTATIVE),
    isDadFailed: has(abi.IFA_F_DADFAILED),
    isDeprecated: has(abi.IFA_F_DEPRECATED),
    isTemporary: family === 6 && has(abi.IFA_F_TEMPORARY),
    isSecondary: family === 4 && has(abi.IFA_F_SECONDARY),
  };
}

/** Of a message that starts with an AF_* byte: 4, 6, or undefined for anything else. */
export function readFamily(body: Buffer): Family | undefined {
  if (body[0] === AF_INET) return 4;
  return body[0] === AF_INET6 ? 6 : undefined;
}

/** A prefix length in the 16-byte form, within its bounds whatever the message says. */
export function toPrefixBits(family: Family, bits: number): number {
  return Math.min(128, family === 4 ? bits + 96 : bits);
}

function scopeOf(scope: number): AddressScope {
  if (scope < abi.RT_SCOPE_SITE) return 'global';
  if (scope < abi.RT_SCOPE_LINK) return 'site';
  return scope === abi.RT_SCOPE_LINK ? 'link' : 'host';
}
