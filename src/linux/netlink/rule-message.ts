// RTM_NEWRULE: routing rules, ours and those of others.
import type { RuleFact } from '../../plan/rule-fact.ts';
import { AF_INET, AF_INET6 } from '../constants.ts';
import * as abi from './abi.ts';
import { readFamily } from './address-message.ts';
import { readAttributes, readText, readU32 } from './attribute.ts';
import type { NetlinkRequest } from './codec.ts';
import type { NetlinkMessage } from './message.ts';

// What a rule may say without being about some packets only; some of it the kernel writes into every rule.
const WIDE: ReadonlySet<number> = new Set([
  abi.FRA_IIFNAME,
  abi.FRA_PRIORITY,
  abi.FRA_FWMARK,
  abi.FRA_FWMASK,
  abi.FRA_TABLE,
  abi.FRA_SUPPRESS_PREFIXLEN,
  abi.FRA_PROTOCOL,
]);
const ALL_BITS = 0xffff_ffff;
const SUPPRESS_NOTHING = 0xffff_ffff;

/** To be dumped. */
export function rulesRequest(family: 4 | 6): NetlinkRequest {
  const header = Buffer.alloc(abi.FIB_RULE_HDR_BYTES);
  header[0] = family === 4 ? AF_INET : AF_INET6;
  return { type: abi.RTM_GETRULE, body: header };
}

/** Undefined for messages of other kinds and for those that are cut short. */
export function readRule({ type, body }: NetlinkMessage): RuleFact | undefined {
  if (type !== abi.RTM_NEWRULE || body.length < abi.FIB_RULE_HDR_BYTES) return undefined;
  const family = readFamily(body);
  if (family === undefined) return undefined;
  const [, toBits, fromBits, tos, smallTable, , , action] = body;
  const attributes = readAttributes(body.subarray(abi.FIB_RULE_HDR_BYTES));
  const mark = readU32(attributes, abi.FRA_FWMARK);
  const mask = readU32(attributes, abi.FRA_FWMASK);
  const suppressed = readU32(attributes, abi.FRA_SUPPRESS_PREFIXLEN) ?? SUPPRESS_NOTHING;
  const isJump = action === abi.FR_ACT_GOTO || action === abi.FR_ACT_NOP;
  return {
    family,
    priority: readU32(attributes, abi.FRA_PRIORITY) ?? 0,
    isNegated: (body.readUInt32LE(8) & abi.FIB_RULE_INVERT) !== 0,
    // A mark of 0 is told by its mask alone.
    mark: mark ?? (mask === undefined ? undefined : 0),
    mask: mask ?? ALL_BITS,
    table: action === abi.FR_ACT_TO_TBL ? (readU32(attributes, abi.FRA_TABLE) ?? smallTable ?? 0) : undefined,
    suppressPrefixLength: suppressed === SUPPRESS_NOTHING ? undefined : suppressed,
    device: readText(attributes, abi.FRA_IIFNAME),
    isNarrow:
      isJump || !!toBits || !!fromBits || !!tos || [...attributes.keys()].some((one) => !WIDE.has(one)),
  };
}
