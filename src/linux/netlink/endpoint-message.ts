// Endpoints and limits of the kernel's MPTCP path manager (generic netlink family `mptcp_pm`): requests and answers as
// bytes. Numbers of include/uapi/linux/mptcp_pm.h and mptcp.h.
import { type Address, familyOf } from '../../base/address.ts';
import type { Limits } from '../../plan/step.ts';
import { AF_INET, AF_INET6 } from '../constants.ts';
import * as abi from './abi.ts';
import {
  encodeAttribute,
  encodeU16,
  encodeU32,
  encodeU8,
  readAddress,
  readAttributes,
  readU16,
  readU32,
  readU8,
} from './attribute.ts';
import type { NetlinkRequest } from './codec.ts';
import type { NetlinkMessage } from './message.ts';

export const MPTCP_FAMILY = 'mptcp_pm';
const MPTCP_FAMILY_VERSION = 1;

const ADD_ENDPOINT = 1;
const DELETE_ENDPOINT = 2;
const GET_ENDPOINT = 3;
const SET_LIMITS = 5;
const GET_LIMITS = 6;
const SET_FLAGS = 7;

const ENDPOINT = 1;
const LIMIT_ADD_ADDR_ACCEPTED = 2;
const LIMIT_SUBFLOWS = 3;

const FAMILY = 1;
const ID = 2;
const ADDRESS_V4 = 3;
const ADDRESS_V6 = 4;
const PORT = 5;
const FLAGS = 6;
const IF_INDEX = 7;

const FLAG_BITS = { signal: 1, subflow: 2, backup: 4, fullmesh: 8, implicit: 16, laminar: 32 } as const;

/** `implicit` is the kernel's own; `laminar` is not known before 6.18. */
export type EndpointFlag = keyof typeof FLAG_BITS;

export interface MptcpEndpoint {
  /** 1 to 255. */
  readonly id: number;
  readonly address: Address;
  /** Of endpoints that are announced with a port of their own; undefined for that of the connection. */
  readonly port: number | undefined;
  readonly flags: readonly EndpointFlag[];
  /** Of the interface that its subflows are bound to; it stays when the interface is gone. */
  readonly index: number | undefined;
}

/** To be dumped. @param family the number of `mptcp_pm`, here and below. */
export function endpointsRequest(family: number): NetlinkRequest {
  return request(family, GET_ENDPOINT, []);
}

export function addEndpointRequest(family: number, endpoint: MptcpEndpoint): NetlinkRequest {
  const { id, address, port, flags, index } = endpoint;
  const isV4 = familyOf(address) === 4;
  return request(family, ADD_ENDPOINT, [
    nested(ENDPOINT, [
      encodeU8(ID, id),
      encodeU32(FLAGS, toBits(flags)),
      ...(index === undefined ? [] : [encodeU32(IF_INDEX, index)]),
      // In the byte order of this host, other than the ports of events.
      ...(port === undefined ? [] : [encodeU16(PORT, port)]),
      encodeU16(FAMILY, isV4 ? AF_INET : AF_INET6),
      isV4 ? encodeAttribute(ADDRESS_V4, address.subarray(12)) : encodeAttribute(ADDRESS_V6, address),
    ]),
  ]);
}

export function deleteEndpointRequest(family: number, id: number): NetlinkRequest {
  return request(family, DELETE_ENDPOINT, [nested(ENDPOINT, [encodeU8(ID, id)])]);
}

/** Only `backup` and `fullmesh` can be changed, and both are: what is not in `flags` is taken away. */
export function setFlagsRequest(family: number, id: number, flags: readonly EndpointFlag[]): NetlinkRequest {
  return request(family, SET_FLAGS, [nested(ENDPOINT, [encodeU8(ID, id), encodeU32(FLAGS, toBits(flags))])]);
}

export function limitsRequest(family: number): NetlinkRequest {
  return request(family, GET_LIMITS, []);
}

export function setLimitsRequest(family: number, limits: Limits): NetlinkRequest {
  return request(family, SET_LIMITS, [
    encodeU32(LIMIT_ADD_ADDR_ACCEPTED, limits.addAddrAccepted),
    encodeU32(LIMIT_SUBFLOWS, limits.subflows),
  ]);
}

export function readEndpoint({ body }: NetlinkMessage): MptcpEndpoint | undefined {
  const nest = readAttributes(body.subarray(abi.GENLMSGHDR_BYTES)).get(ENDPOINT);
  if (!nest) return undefined;
  const attributes = readAttributes(nest);
  const isV4 = readU16(attributes, FAMILY) === AF_INET;
  const address = readAddress(attributes, isV4 ? ADDRESS_V4 : ADDRESS_V6, isV4 ? 4 : 6);
  const id = readU8(attributes, ID);
  if (address === undefined || id === undefined) return undefined;
  // The kernel writes 0 for "none" into both.
  return {
    id,
    address,
    port: readU16(attributes, PORT) || undefined,
    flags: fromBits(readU32(attributes, FLAGS) ?? 0),
    index: readU32(attributes, IF_INDEX) || undefined,
  };
}

export function readLimitsReply({ body }: NetlinkMessage): Limits | undefined {
  const attributes = readAttributes(body.subarray(abi.GENLMSGHDR_BYTES));
  const subflows = readU32(attributes, LIMIT_SUBFLOWS);
  const addAddrAccepted = readU32(attributes, LIMIT_ADD_ADDR_ACCEPTED);
  if (subflows === undefined || addAddrAccepted === undefined) return undefined;
  return { subflows, addAddrAccepted };
}

function request(family: number, command: number, attributes: readonly Buffer[]): NetlinkRequest {
  const header = Buffer.from([command, MPTCP_FAMILY_VERSION, 0, 0]);
  return { type: family, body: Buffer.concat([header, ...attributes]) };
}

function nested(type: number, attributes: readonly Buffer[]): Buffer {
  return encodeAttribute(abi.NLA_F_NESTED | type, Buffer.concat(attributes));
}

function toBits(flags: readonly EndpointFlag[]): number {
  return flags.reduce((bits, flag) => bits | FLAG_BITS[flag], 0);
}

function fromBits(bits: number): EndpointFlag[] {
  const names = Object.keys(FLAG_BITS) as EndpointFlag[];
  return names.filter((name) => (bits & FLAG_BITS[name]) !== 0);
}
