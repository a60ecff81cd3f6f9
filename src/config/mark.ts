// The mark, table and rule by which flows reach the relay, of either role.
import type * as z from 'zod';
import { fault, integer, integerOr, keyDocs } from './field.ts';

export interface MarkConfig {
  readonly mark: number;
  readonly markMask: number;
  readonly table: number;
  readonly rulePriority: number;
}

const U32_MAX = 0xffff_ffff;

/** @param of what is marked, as in "the packet mark of {of}" */
export function markShape(of: string, initial: Readonly<Record<'mark' | 'table' | 'rulePriority', number>>) {
  return {
    mark: integerOr(
      initial.mark,
      { min: 1, max: U32_MAX },
      `The packet mark of ${of} on their way to the relay.`,
      `0x${initial.mark.toString(16)}`,
    ),
    'mark-mask': integer({ min: 1, max: U32_MAX })
      .optional()
      .register(keyDocs, {
        type: `integer, 1 to ${U32_MAX}`,
        description: 'The bits of the mark that are ours; the same as `mark` when not given.',
      }),
    table: integerOr(
      initial.table,
      { min: 1, max: U32_MAX },
      'The routing table that delivers marked packets locally.',
    ),
    'rule-priority': integerOr(
      initial.rulePriority,
      { min: 1, max: 32_765 },
      'The priority of the rule that points to that table; below 32766, the main table.',
    ),
  };
}

/** `read` may be half-checked. */
export function checkMark(
  read: Readonly<Partial<Record<'mark' | 'mark-mask' | 'table', unknown>>>,
  context: z.RefinementCtx,
): void {
  const mask = read['mark-mask'];
  if (typeof read.mark === 'number' && typeof mask === 'number' && (read.mark & ~mask) !== 0) {
    const hint = 'Add the missing bits, or leave `mark-mask` out.';
    fault(context, 'does not cover all bits of `mark`', hint, ['mark-mask']);
  }
  if (typeof read.table === 'number' && read.table >= 253 && read.table <= 255) {
    const hint = 'Choose a number that `ip rule` does not show.';
    fault(context, `${read.table} is one of the kernel's own tables`, hint, ['table']);
  }
}

interface ReadMark {
  readonly mark: number;
  readonly 'mark-mask'?: number | undefined;
  readonly table: number;
  readonly 'rule-priority': number;
}

export function markConfig(read: ReadMark): MarkConfig {
  return {
    mark: read.mark,
    markMask: read['mark-mask'] ?? read.mark,
    table: read.table,
    rulePriority: read['rule-priority'],
  };
}
