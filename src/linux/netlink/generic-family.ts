// Generic netlink's directory: the number of a family, by name.
import * as abi from './abi.ts';
import { encodeAttribute, readAttributes, readU16 } from './attribute.ts';
import type { NetlinkMessage } from './message.ts';

/** The body of CTRL_CMD_GETFAMILY, to be sent as GENL_ID_CTRL. */
export function encodeFamilyRequest(name: string): Buffer {
  return Buffer.concat([
    Buffer.from([abi.CTRL_CMD_GETFAMILY, 1, 0, 0]),
    encodeAttribute(abi.CTRL_ATTR_FAMILY_NAME, Buffer.from(`${name}\0`)),
  ]);
}

/** The message type of the family, given when its module was loaded. */
export function readFamilyId({ body }: NetlinkMessage): number | undefined {
  return readU16(readAttributes(body.subarray(abi.GENLMSGHDR_BYTES)), abi.CTRL_ATTR_FAMILY_ID);
}
