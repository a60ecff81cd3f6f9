// Packet marks: whether another program uses a bit of ours, or wipes it out before the packet is routed.
import { hex } from '../../../plan/step.ts';
import { type Finding, fail, ok } from '../finding.ts';
import { matches } from '../nft/match.ts';
import {
  asJson,
  type Chain,
  describeChain,
  findChain,
  type Json,
  readRuleset,
  type Ruleset,
  targetOf,
} from '../nft/ruleset.ts';
import { type ConflictContext, isOwnTable, markText, subnetsOf } from './context.ts';
import { markEffect } from './mark-bits.ts';
import { webServer } from './sample-packet.ts';

const SUBJECT = 'marks';
// NF_IP_PRI_MANGLE, where our chain is; of two with one priority the later one comes second.
const OUR_PRIORITY = -150;
// High bits first: mwan3 has 0x3f00, Tailscale and pbr 0xff0000, Docker and Kubernetes the low 16.
const CANDIDATES = [0x4000_0000, 0x2000_0000, 0x1000_0000, 0x8000_0000, 0x0800_0000, 0x0400_0000];

export function markFindings(context: ConflictContext): Finding[] {
  if (context.method !== 'tproxy') return [];
  const findings = [...ruleConflicts(context), ...nftConflicts(context)];
  return findings.length > 0 ? findings : [ok(SUBJECT, `nobody else uses ${markText(context)}`)];
}

function ruleConflicts(context: ConflictContext): Finding[] {
  const { config, facts } = context;
  const { mark: ours, markMask, table } = config.redirect;
  const others = facts.rules.filter((rule) => rule.table !== table && rule.mark !== undefined);
  const overlapping = others.filter(({ mark = 0, mask }) => {
    // Who compares the whole mark (wg-quick) uses only the bits of his number.
    const bits = mask === 0xffff_ffff ? mark : mask;
    return (bits & markMask) !== 0;
  });
  const texts = overlapping.map(
    ({ family, priority, mark = 0, mask }) =>
      `IPv${family} rule ${priority} (fwmark ${hex(mark)}/${hex(mask)})`,
  );
  if (texts.length === 0) return [];
  const text = `${hex(ours)} shares bits with ${[...new Set(texts)].join(', ')}`;
  return [fail(SUBJECT, text, anotherMark(context))];
}

function nftConflicts(context: ConflictContext): Finding[] {
  const { config, facts } = context;
  const { markMask } = config.redirect;
  const ruleset = readRuleset(facts.ruleset);
  return ruleset.chains
    .filter(({ table }) => !isOwnTable(table))
    .flatMap((chain): Finding[] => {
      const where = describeChain(chain);
      const changes = chain.rules.flatMap((statements) =>
        effects(statements).map((effect) => ({ effect, statements })),
      );
      if (changes.some(({ effect }) => (effect.sets & markMask) !== 0)) {
        return [
          fail(SUBJECT, `${where} sets bits of ours (${hex(config.redirect.mark)})`, anotherMark(context)),
        ];
      }
      const isWiped = changes.some(
        ({ effect, statements }) =>
          (effect.keeps & markMask) !== markMask && concernsUs(statements, chain, context),
      );
      if (!isWiped || !comesAfterUs(ruleset, chain)) return [];
      const hint = `Let that rule keep the bits of others: meta mark set meta mark & ${hex(markMask)} | ..., or except the LAN from it.`;
      return [fail(SUBJECT, `${where} overwrites our mark before the packet is routed`, hint)];
    });
}

/** What the rule does to the packet's mark. */
function effects(statements: readonly Json[]): { keeps: number; sets: number }[] {
  return statements.flatMap((statement) => {
    const mangle = asJson(statement['mangle']);
    const isMark = asJson(asJson(mangle?.['key'])?.['meta'])?.['key'] === 'mark';
    return isMark ? [markEffect(mangle?.['value'])] : [];
  });
}

/** Whether its conditions may hold for a carried flow. */
function concernsUs(statements: readonly Json[], chain: Chain, context: ConflictContext): boolean {
  const ruleset = readRuleset(context.facts.ruleset);
  return context.config.lan.interfaces.some((device) =>
    ([4, 6] as const).some((family) => {
      const [source] = subnetsOf(context, device, family);
      const packet = { ...webServer(family, device, source), mark: context.config.redirect.mark };
      return statements.every((statement) => {
        const match = asJson(statement['match']);
        return !match || matches(match, packet, { ruleset, chain }) !== 'no';
      });
    }),
  );
}

/** A chain of the prerouting hook behind ours, or one that such a chain jumps to. */
function comesAfterUs(ruleset: Ruleset, chain: Chain): boolean {
  const bases = ruleset.chains.filter(
    (one) =>
      one.hook === 'prerouting' &&
      one.priority >= OUR_PRIORITY &&
      one.table === chain.table &&
      one.family === chain.family,
  );
  const seen = new Set<Chain>();
  const queue = [...bases];
  for (let next = queue.pop(); next; next = queue.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const name of targets(next)) {
      const found = findChain(ruleset, next, name);
      if (found) queue.push(found);
    }
  }
  return seen.has(chain);
}

function targets({ rules }: Chain): string[] {
  return rules.flat().flatMap((statement) => {
    return targetOf(statement) ?? [];
  });
}

function anotherMark({ facts, config }: ConflictContext): string {
  const ruleset = readRuleset(facts.ruleset);
  const used = [
    ...facts.rules
      .filter((rule) => rule.table !== config.redirect.table)
      .map(({ mark = 0, mask }) => (mask === 0xffff_ffff ? mark : mask)),
    ...ruleset.chains
      .filter(({ table }) => !isOwnTable(table))
      .flatMap(({ rules }) => rules.flatMap((statements) => effects(statements).map(({ sets }) => sets))),
  ];
  const free = CANDIDATES.find((bit) => used.every((bits) => (bits & bit) === 0));
  return `Set redirect.mark to a bit that nobody uses${free === undefined ? '' : `, like ${hex(free)}`}.`;
}
