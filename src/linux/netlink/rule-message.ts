// RTM_NEWRULE: routing rules that select by a mark and the device that a packet came in by, as ours do.
import type { MarkRule } from '../../plan/step.ts';
import { AF_INET, AF_INET6 } from '../constants.ts';
import * as abi from './abi.ts';
import { readFamily } from './address-message.ts';
import { readAttributes, readText, readU32 } from './attribute.ts';
import type { NetlinkRequest } from './codec.ts';
import type { NetlinkMessage } from './message.ts';

// What a rule may have beside its mark: its device, and what the kernel writes into every rule.
const KNOWN: ReadonlySet<number> = new Set([
  abi.FRA_IIFNAME,
  abi.FRA_PRIORITY,
  abi.FRA_FWMARK,
  abi.FRA_FWMASK,
  abi.FRA_TABLE,
  abi.FRA_SUPPRESS_PREFIXLEN,
  abi.FRA_PROTOCOL,
]);
const SUPPRESS_NOTHING = 0xffff_ffff;

/** To be dumped. */
export function rulesRequest(family: 4 | 6): NetlinkRequest {
  const header = Buffer.alloc(abi.FIB_RULE_HDR_BYTES);
  header[0] = family === 4 ? AF_INET : AF_INET6;
  return { type: abi.RTM_GETRULE, body: header };
}

/** Undefined for a rule that looks at anything but a mark and a device, or does anything but look into a table. */
export function readMarkRule({ type, body }: NetlinkMessage): Omit<MarkRule, 'kind'> | undefined {
  if (type !== abi.RTM_NEWRULE || body.length < abi.FIB_RULE_HDR_BYTES) return undefined;
  const family = readFamily(body);
  const [, toBits, fromBits, tos, smallTable, , , action] = body;
  if (family === undefined || toBits || fromBits || tos || action !== abi.FR_ACT_TO_TBL) return undefined;
  if ((body.readUInt32LE(8) & abi.FIB_RULE_INVERT) !== 0) return undefined;
  const attributes = readAttributes(body.subarray(abi.FIB_RULE_HDR_BYTES));
  const mark = readU32(attributes, abi.FRA_FWMARK);
  if (mark === undefined || [...attributes.keys()].some((one) => !KNOWN.has(one))) return undefined;
  if ((readU32(attributes, abi.FRA_SUPPRESS_PREFIXLEN) ?? SUPPRESS_NOTHING) !== SUPPRESS_NOTHING)
    return undefined;
  return {
    family,
    priority: readU32(attributes, abi.FRA_PRIORITY) ?? 0,
    device: readText(attributes, abi.FRA_IIFNAME),
    mark,
    mask: readU32(attributes, abi.FRA_FWMASK) ?? 0xffff_ffff,
    table: readU32(attributes, abi.FRA_TABLE) ?? smallTable ?? 0,
  };
}
