// Events of the kernel's MPTCP path manager (generic netlink group `mptcp_pm_events`): connections and subflows.
import type { Family, SocketAddress } from '../../base/address.ts';
import { AF_INET, AF_INET6 } from '../constants.ts';
import * as abi from './abi.ts';
import {
  type Attributes,
  readAddress,
  readAttributes,
  readU8,
  readU16,
  readU16Network,
  readU32,
} from './attribute.ts';
import type { NetlinkMessage } from './message.ts';

export const MPTCP_FAMILY = 'mptcp_pm';
export const MPTCP_FAMILY_VERSION = 1;
export const MPTCP_EVENT_GROUP = 'mptcp_pm_events';

// enum mptcp_event_type (include/uapi/linux/mptcp_pm.h).
const NAMES = {
  1: 'created',
  2: 'established',
  3: 'closed',
  6: 'announced',
  7: 'removed',
  10: 'subflow-established',
  11: 'subflow-closed',
  13: 'subflow-priority',
  15: 'listener-created',
  16: 'listener-closed',
} as const;

export type MptcpEventName = (typeof NAMES)[keyof typeof NAMES];

// enum mptcp_event_attr.
const TOKEN = 1;
const FAMILY = 2;
const LOCAL_ID = 3;
const REMOTE_ID = 4;
const SOURCE_V4 = 5;
const SOURCE_V6 = 6;
const DESTINATION_V4 = 7;
const DESTINATION_V6 = 8;
const SOURCE_PORT = 9;
const DESTINATION_PORT = 10;
const BACKUP = 11;
const ERROR = 12;
const IF_INDEX = 15;
const RESET_REASON = 16;
const SERVER_SIDE = 18;

/** What an event does not say is undefined. */
export interface MptcpEvent {
  readonly kind: 'mptcp';
  readonly event: MptcpEventName;
  /** Names the connection on this host. */
  readonly token: number | undefined;
  readonly localId: number | undefined;
  readonly remoteId: number | undefined;
  readonly source: SocketAddress | undefined;
  readonly destination: SocketAddress | undefined;
  readonly isBackup: boolean | undefined;
  /** Of a subflow that ended by an error. */
  readonly errno: number | undefined;
  /** Of the interface that the subflow is bound to. */
  readonly index: number | undefined;
  /** RFC 8684 section 3.6: 1 MPTCP, 2 resources, 3 prohibited, 4 too much data, 5 performance, 6 middlebox. */
  readonly resetReason: number | undefined;
  readonly isServerSide: boolean | undefined;
}

export function readMptcpEvent({ body }: NetlinkMessage): MptcpEvent | undefined {
  const event = NAMES[body[0] as keyof typeof NAMES] as MptcpEventName | undefined;
  if (event === undefined || body.length < abi.GENLMSGHDR_BYTES) return undefined;
  const attributes = readAttributes(body.subarray(abi.GENLMSGHDR_BYTES));
  return {
    kind: 'mptcp',
    event,
    token: readU32(attributes, TOKEN),
    localId: readU8(attributes, LOCAL_ID),
    remoteId: readU8(attributes, REMOTE_ID),
    source: readEnd(attributes, SOURCE_V4, SOURCE_V6, SOURCE_PORT),
    destination: readEnd(attributes, DESTINATION_V4, DESTINATION_V6, DESTINATION_PORT),
    isBackup: readFlag(attributes, BACKUP),
    errno: readU8(attributes, ERROR),
    index: readU32(attributes, IF_INDEX),
    resetReason: readU32(attributes, RESET_REASON),
    isServerSide: readFlag(attributes, SERVER_SIDE),
  };
}

function readEnd(attributes: Attributes, v4: number, v6: number, port: number): SocketAddress | undefined {
  const family = familyOf(attributes);
  const address = family && readAddress(attributes, family === 4 ? v4 : v6, family);
  // An announced address comes without its port when it is the connection's own.
  return address && { address, port: readU16Network(attributes, port) ?? 0 };
}

function familyOf(attributes: Attributes): Family | undefined {
  const family = readU16(attributes, FAMILY);
  if (family === AF_INET) return 4;
  return family === AF_INET6 ? 6 : undefined;
}

function readFlag(attributes: Attributes, type: number): boolean | undefined {
  const value = readU8(attributes, type);
  return value === undefined ? undefined : value !== 0;
}
