// Generic netlink's directory: the number of a family and of its multicast groups, by name.
import * as abi from './abi.ts';
import { encodeAttribute, readAttributes, readText, readU16, readU32 } from './attribute.ts';
import type { NetlinkMessage } from './message.ts';

export interface GenericFamily {
  /** The message type of the family, given when its module was loaded. */
  readonly id: number;
  readonly groups: ReadonlyMap<string, number>;
}

/** The body of CTRL_CMD_GETFAMILY, to be sent as GENL_ID_CTRL. */
export function encodeFamilyRequest(name: string): Buffer {
  return Buffer.concat([
    Buffer.from([abi.CTRL_CMD_GETFAMILY, 1, 0, 0]),
    encodeAttribute(abi.CTRL_ATTR_FAMILY_NAME, Buffer.from(`${name}\0`)),
  ]);
}

export function readFamilyReply({ body }: NetlinkMessage): GenericFamily | undefined {
  const attributes = readAttributes(body.subarray(abi.GENLMSGHDR_BYTES));
  const id = readU16(attributes, abi.CTRL_ATTR_FAMILY_ID);
  if (id === undefined) return undefined;
  const groups = new Map<string, number>();
  const list = attributes.get(abi.CTRL_ATTR_MCAST_GROUPS) ?? Buffer.alloc(0);
  for (const entry of readAttributes(list).values()) {
    const group = readAttributes(entry);
    const name = readText(group, abi.CTRL_ATTR_MCAST_GRP_NAME);
    const number = readU32(group, abi.CTRL_ATTR_MCAST_GRP_ID);
    if (name !== undefined && number !== undefined) groups.set(name, number);
  }
  return { id, groups };
}
