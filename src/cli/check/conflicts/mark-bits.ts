// What an nft expression makes of a packet's mark: which bits stay, and which may become 1.
import { arrayOf, asJson } from '../nft/ruleset.ts';

const ALL_BITS = 0xffff_ffff;

export interface MarkEffect {
  /** Bits that stay as they were. */
  readonly keeps: number;
  /** Bits that the rule itself sets. */
  readonly sets: number;
}

export function markEffect(expression: unknown): MarkEffect {
  if (typeof expression === 'number') return { keeps: 0, sets: expression };
  const json = asJson(expression);
  if (asJson(json?.['meta'])?.['key'] === 'mark') return { keeps: ALL_BITS, sets: 0 };
  for (const operator of ['&', '|', '^'] as const) {
    const operands = arrayOf(json?.[operator]);
    if (operands.length < 2) continue;
    const [left, right] = operands.map(markEffect) as [MarkEffect, MarkEffect];
    if (operator === '&') return masked(left, right, operands);
    return { keeps: (left.keeps | right.keeps) >>> 0, sets: (left.sets | right.sets) >>> 0 };
  }
  // The mark of the connection, a map, a number of another: nothing is known of its bits.
  return { keeps: 0, sets: 0 };
}

function masked(left: MarkEffect, right: MarkEffect, [a, b]: readonly unknown[]): MarkEffect {
  const mask = typeof b === 'number' ? b : typeof a === 'number' ? a : 0;
  const value = typeof b === 'number' ? left : right;
  return { keeps: (value.keeps & mask) >>> 0, sets: (value.sets & mask) >>> 0 };
}
