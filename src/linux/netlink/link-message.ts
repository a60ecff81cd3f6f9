// RTM_NEWLINK and RTM_DELLINK: an interface, its flags and its carrier.
import * as abi from './abi.ts';
import { readAttributes, readText, readU8, readU32 } from './attribute.ts';
import type { NetlinkMessage } from './message.ts';
import type { OperState } from '../../plan/link-fact.ts';

// IF_OPER_* in the order of their numbers (RFC 2863).
const OPER_STATES: readonly OperState[] = [
  'unknown',
  'not-present',
  'down',
  'lower-layer-down',
  'testing',
  'dormant',
  'up',
];

export interface LinkEvent {
  readonly kind: 'link';
  readonly isRemoved: boolean;
  readonly index: number;
  /** Undefined in the rare messages that tell of one attribute only; as the others below. */
  readonly name: string | undefined;
  readonly isAdminUp: boolean;
  /** Administratively up, with carrier, and not waiting for anything (IFF_RUNNING). */
  readonly isRunning: boolean;
  readonly hasCarrier: boolean;
  readonly isLoopback: boolean;
  readonly operState: OperState | undefined;
  /** Bridge, vlan, tun and the like; undefined for hardware. */
  readonly linkKind: string | undefined;
  /** The index of the bridge, bond or VRF it belongs to. */
  readonly master: number | undefined;
}

/** Undefined for what tells nothing of the link itself: a port that leaves its bridge is a DELLINK of AF_BRIDGE. */
export function readLink({ type, body }: NetlinkMessage): LinkEvent | undefined {
  if (body.length < abi.IFINFOMSG_BYTES || body[0] === abi.AF_BRIDGE) return undefined;
  const flags = body.readUInt32LE(8);
  const attributes = readAttributes(body.subarray(abi.IFINFOMSG_BYTES));
  const carrier = readU8(attributes, abi.IFLA_CARRIER);
  const operState = readU8(attributes, abi.IFLA_OPERSTATE);
  const info = attributes.get(abi.IFLA_LINKINFO);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  return {
    kind: 'link',
    isRemoved: type === abi.RTM_DELLINK,
    index: body.readInt32LE(4),
    name: readText(attributes, abi.IFLA_IFNAME),
    isAdminUp: has(abi.IFF_UP),
    isRunning: has(abi.IFF_RUNNING),
    hasCarrier: carrier === undefined ? has(abi.IFF_LOWER_UP) : carrier === 1,
    isLoopback: has(abi.IFF_LOOPBACK),
    operState: operState === undefined ? undefined : OPER_STATES[operState],
    linkKind: info && readText(readAttributes(info), abi.IFLA_INFO_KIND),
    master: readU32(attributes, abi.IFLA_MASTER),
  };
}
