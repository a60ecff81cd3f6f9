// The [redirect] section of the router: which LAN traffic is brought to the relay, and with which marks and tables.
import * as z from 'zod';
import type { Prefix } from '../base/prefix.ts';
import { choice, integer, integerOr, keyDocs, prefixes } from './field.ts';
import { checkMark, type MarkConfig, markConfig, markShape } from './mark.ts';

const REDIRECT_METHODS = ['auto', 'tproxy', 'redirect'] as const;

export interface RedirectConfig extends MarkConfig {
  /** `auto`: tproxy where the kernel has it. */
  readonly method: (typeof REDIRECT_METHODS)[number];
  /** The relay's own listening port. */
  readonly port: number;
  /** Targets that go out directly. */
  readonly bypass: readonly Prefix[];
  readonly bypassPorts: readonly number[];
  /** Targets that are carried although a bypass, built-in or configured, has them. */
  readonly carry: readonly Prefix[];
}

const port = { min: 1, max: 65_535 } as const;

export const redirect = z
  .strictObject({
    method: choice(
      'auto',
      REDIRECT_METHODS,
      'How flows reach the relay; "auto" is tproxy where the kernel has it, else redirect.',
    ),
    port: integerOr(
      5125,
      port,
      'The port that the relay listens on: with tproxy on loopback, with redirect on every address.',
    ),
    bypass: prefixes('Targets that go out directly, besides private and local ones.'),
    'bypass-ports': z.array(integer(port)).prefault([]).register(keyDocs, {
      type: 'list of integers, 1 to 65535',
      default: '[]',
      description: 'Target ports that go out directly.',
    }),
    carry: prefixes('Targets that are carried although a bypass, built-in or from here, has them.'),
    ...markShape('carried flows', { mark: 0x4000_0000, table: 7780, rulePriority: 800 }),
  })
  .superRefine(checkMark, { when: () => true })
  .transform(
    (read): RedirectConfig => ({
      method: read.method,
      port: read.port,
      bypass: read.bypass,
      bypassPorts: read['bypass-ports'],
      carry: read.carry,
      ...markConfig(read),
    }),
  )
  .prefault({})
  .register(keyDocs, { type: 'table', description: 'Which LAN traffic is brought to the relay, and how.' });
