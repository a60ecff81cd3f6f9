// What becomes of a packet on its way through the base chains of a hook: every end that it may find, with its place.
import { both, equals, matches, type Tri } from './match.ts';
import type { Packet } from './packet.ts';
import {
  arrayOf,
  asJson,
  baseChains,
  type Chain,
  describeChain,
  elementsOf,
  findChain,
  type Json,
  type Ruleset,
  targetOf,
  textOf,
} from './ruleset.ts';

export interface End {
  /** `return` is the end of a chain without a verdict; `nat` gives the packet a source address of this host. */
  readonly kind: 'accept' | 'drop' | 'nat' | 'return';
  /** Which chain did it, for a person. */
  readonly where: string;
}

/** Ends of one chain; a rule that may match adds its end and the walk goes on. */
type Ends = readonly End[];

interface Step {
  readonly ends: Ends;
  /** Nothing comes behind it. */
  readonly isFinal: boolean;
}

const GO_ON: Step = { ends: [], isFinal: false };
// Chains cannot form circles in the kernel; a listing that is read wrongly could.
const MAX_DEPTH = 16;
const DROPPING_TARGETS = new Set(['DROP', 'REJECT', 'TARPIT']);
const NAT_TARGETS = new Set(['MASQUERADE', 'SNAT']);

/** The ends in each base chain: accepted by one, a packet goes on to the next. */
export function walkHook(
  ruleset: Ruleset,
  type: 'filter' | 'nat',
  hook: string,
  packet: Packet,
): { readonly chain: Chain; readonly ends: Ends }[] {
  return baseChains(ruleset, type, hook, packet.family).map((chain) => {
    const policy: End = {
      kind: chain.policy === 'drop' ? 'drop' : 'accept',
      where: `${describeChain(chain)}: policy ${chain.policy}`,
    };
    const ends = walkChain(ruleset, chain, packet, 0).map((end) => (end.kind === 'return' ? policy : end));
    return { chain, ends };
  });
}

function walkChain(ruleset: Ruleset, chain: Chain, packet: Packet, depth: number): Ends {
  const ends: End[] = [];
  for (const rule of depth > MAX_DEPTH ? [] : chain.rules) {
    const step = walkRule(rule, { ruleset, chain, packet, depth });
    ends.push(...step.ends);
    if (step.isFinal) return ends;
  }
  return [...ends, { kind: 'return', where: describeChain(chain) }];
}

interface Walk {
  readonly ruleset: Ruleset;
  readonly chain: Chain;
  readonly packet: Packet;
  readonly depth: number;
}

function walkRule(statements: readonly Json[], walk: Walk): Step {
  let tri: Tri = 'yes';
  const ends: End[] = [];
  for (const statement of statements) {
    const condition = conditionOf(statement, walk);
    if (condition) {
      tri = both(tri, condition);
      if (tri === 'no') return { ends, isFinal: false };
      continue;
    }
    const map = asJson(statement['vmap']);
    const step = map ? walkMap(map, walk) : verdictOf(statement, walk);
    ends.push(...step.ends);
    if (step.isFinal && tri === 'yes') return { ends, isFinal: true };
    if (step.isFinal) return { ends, isFinal: false };
  }
  return { ends, isFinal: false };
}

/** Undefined for a statement that is no condition. */
function conditionOf(statement: Json, { packet, ruleset, chain }: Walk): Tri | undefined {
  const match = asJson(statement['match']);
  if (match) return matches(match, packet, { ruleset, chain });
  if ('limit' in statement || 'ct count' in statement || 'quota' in statement) return 'maybe';
  // Of iptables: what nft cannot name we cannot judge.
  if ('xt' in statement && asJson(statement['xt'])?.['type'] !== 'target') return 'maybe';
  return undefined;
}

function verdictOf(statement: Json, walk: Walk): Step {
  const where = describeChain(walk.chain);
  const final = (kind: End['kind']): Step => ({ ends: [{ kind, where }], isFinal: true });
  if ('accept' in statement) return final('accept');
  if ('drop' in statement || 'reject' in statement) return final('drop');
  if ('return' in statement) return final('return');
  if ('masquerade' in statement || 'snat' in statement) return final('nat');
  const target = textOf(asJson(statement['xt'])?.['name']) ?? '';
  if (DROPPING_TARGETS.has(target)) return final('drop');
  if (NAT_TARGETS.has(target)) return final('nat');
  // A queue's program decides; without one the packet is dropped, with one it mostly passes.
  if ('queue' in statement) return final('accept');
  const name = targetOf(statement);
  return name === undefined ? GO_ON : walkInto(name, 'jump' in statement, walk);
}

function walkInto(name: string, comesBack: boolean, { ruleset, chain, packet, depth }: Walk): Step {
  const next = findChain(ruleset, chain, name);
  if (!next) return GO_ON;
  const ends = walkChain(ruleset, next, packet, depth + 1);
  const returns = ends.some(({ kind }) => kind === 'return');
  if (!comesBack) return { ends, isFinal: true };
  return { ends: ends.filter(({ kind }) => kind !== 'return'), isFinal: !returns };
}

function walkMap({ key, data }: Json, walk: Walk): Step {
  const place = { ruleset: walk.ruleset, chain: walk.chain };
  const pairs =
    typeof data === 'string'
      ? elementsOf(walk.ruleset, walk.chain, data.slice(1))
      : arrayOf(asJson(data)?.['set']);
  const ends: End[] = [];
  for (const pair of pairs ?? []) {
    const [value, verdict] = arrayOf(pair);
    const tri = equals(key, value, walk.packet, place);
    const step = tri === 'no' ? GO_ON : verdictOf(asJson(verdict) ?? {}, walk);
    ends.push(...step.ends);
    if (tri === 'yes') return { ends, isFinal: step.isFinal };
  }
  return { ends, isFinal: false };
}
