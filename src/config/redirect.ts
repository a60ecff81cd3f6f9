// The [redirect] section of the router: which LAN traffic is brought to the relay, and with which marks and tables.
import * as z from 'zod';
import type { Prefix } from '../base/prefix.ts';
import { choice, fault, integer, integerOr, keyDocs, prefixes } from './field.ts';

export const REDIRECT_METHODS = ['auto', 'tproxy', 'redirect'] as const;

export interface RedirectConfig {
  /** `auto`: tproxy where the kernel has it. */
  readonly method: (typeof REDIRECT_METHODS)[number];
  /** The relay's own listening port. */
  readonly port: number;
  /** Targets that go out directly. */
  readonly bypass: readonly Prefix[];
  readonly bypassPorts: readonly number[];
  /** Targets that are carried although a bypass, built-in or configured, has them. */
  readonly carry: readonly Prefix[];
  readonly mark: number;
  readonly markMask: number;
  readonly table: number;
  readonly rulePriority: number;
}

const U32_MAX = 0xffff_ffff;
const port = { min: 1, max: 65_535 } as const;

export const redirect = z
  .strictObject({
    method: choice(
      'auto',
      REDIRECT_METHODS,
      'How flows reach the relay; "auto" is tproxy where the kernel has it, else redirect.',
    ),
    port: integerOr(5125, port, 'The port that the relay listens on, on the loopback address.'),
    bypass: prefixes('Targets that go out directly, besides private and local ones.'),
    'bypass-ports': z.array(integer(port)).prefault([]).register(keyDocs, {
      type: 'list of integers, 1 to 65535',
      default: '[]',
      description: 'Target ports that go out directly.',
    }),
    carry: prefixes('Targets that are carried although a bypass, built-in or from here, has them.'),
    mark: integerOr(
      0x4000_0000,
      { min: 1, max: U32_MAX },
      'The packet mark of carried flows on their way to the relay.',
      '0x40000000',
    ),
    'mark-mask': integer({ min: 1, max: U32_MAX })
      .optional()
      .register(keyDocs, {
        type: `integer, 1 to ${U32_MAX}`,
        description: 'The bits of the mark that are ours; the same as `mark` when not given.',
      }),
    table: integerOr(
      7780,
      { min: 1, max: U32_MAX },
      'The routing table that delivers marked packets locally.',
    ),
    'rule-priority': integerOr(
      800,
      { min: 1, max: 32_765 },
      'The priority of the rule that points to that table; below 32766, the main table.',
    ),
  })
  .superRefine(
    (read, context) => {
      const mask = read['mark-mask'];
      if (typeof read.mark === 'number' && typeof mask === 'number' && (read.mark & ~mask) !== 0) {
        fault(
          context,
          'does not cover all bits of `mark`',
          'Add the missing bits, or leave `mark-mask` out.',
          ['mark-mask'],
        );
      }
      if (typeof read.table === 'number' && read.table >= 253 && read.table <= 255) {
        fault(
          context,
          `${read.table} is one of the kernel's own tables`,
          'Choose a number that `ip rule` does not show.',
          ['table'],
        );
      }
    },
    { when: () => true },
  )
  .transform(
    (read): RedirectConfig => ({
      method: read.method,
      port: read.port,
      bypass: read.bypass,
      bypassPorts: read['bypass-ports'],
      carry: read.carry,
      mark: read.mark,
      markMask: read['mark-mask'] ?? read.mark,
      table: read.table,
      rulePriority: read['rule-priority'],
    }),
  )
  .prefault({})
  .register(keyDocs, { type: 'table', description: 'Which LAN traffic is brought to the relay, and how.' });
