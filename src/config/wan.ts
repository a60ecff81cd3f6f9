// [[wan]] of the router: an uplink, when it carries, what it can do and what it may cost.
import * as z from 'zod';
import type { Address } from '../base/address.ts';
import { parsePercent } from '../base/units.ts';
import {
  choice,
  fault,
  integer,
  interfaceName,
  keyDocs,
  oneOrMore,
  optionalChoice,
  optionalPercent,
  optionalRate,
  optionalVolume,
  word,
} from './field.ts';
import { address } from './host-field.ts';
import { isTable } from './shared.ts';

/** The later, the less it carries. */
export const TIERS = ['active', 'overflow', 'backup', 'off'] as const;

/** When a WAN carries: always, while the active ones are full, while they are down, never. */
export type Tier = (typeof TIERS)[number];

export interface WanConfig {
  readonly name: string;
  readonly interface: string;
  /** Source addresses; undefined: those of the interface. */
  readonly source: readonly Address[] | undefined;
  readonly tier: Tier;
  /** Bits per second that the link can do; undefined: to be learned. */
  readonly rateDownBps: number | undefined;
  readonly rateUpBps: number | undefined;
  readonly cap: MonthlyCap | undefined;
  /** Day of the month, 1 to 28, on which the use is counted anew. */
  readonly capDay: number;
}

export interface MonthlyCap {
  /** Both directions together. */
  readonly bytes: number;
  /** 0 to 1, of `bytes`. */
  readonly warnRatio: number;
  readonly past: 'backup' | 'off';
}

const DEFAULT_WARN = '80%';
const DEFAULT_PAST = 'backup';
const RATE_RANGE = { min: '8kbit', max: '100gbit' };

export const wan = z
  .strictObject({
    name: word(/^[a-z0-9][a-z0-9_-]{0,31}$/i, '1 to 32 letters, digits, - or _').register(keyDocs, {
      type: 'text, 1 to 32 letters, digits, - or _',
      description: 'What this WAN is called everywhere.',
    }),
    interface: interfaceName().register(keyDocs, { type: 'interface name', description: 'Its interface.' }),
    source: oneOrMore(address(false)).optional().register(keyDocs, {
      type: 'IP address, or list of IP addresses',
      description: 'The source addresses to use; the addresses of the interface when not given.',
    }),
    tier: choice(
      'active',
      TIERS,
      'When it carries: always ("active"), while the active WANs are full or down ("overflow"), while all others are down ("backup"), never ("off"). `wanbond wan NAME TIER` overrides it while the daemon runs.',
    ),
    'rate-down': optionalRate(
      RATE_RANGE,
      'What the link can do towards you. It tells when an active WAN is full; without it that is learned, which takes a queue on the link and a second or two longer.',
    ),
    'rate-up': optionalRate(RATE_RANGE, 'The same, away from you.'),
    'monthly-cap': optionalVolume(
      { min: '1MB', max: '1000TB' },
      'What may go through its interface in a month, both directions together, while the daemon runs.',
    ),
    'cap-warn': optionalPercent(
      DEFAULT_WARN,
      { min: '1%', max: '100%' },
      'From this share of `monthly-cap` on, log and status warn.',
    ),
    'cap-day': integer({ min: 1, max: 28 }).optional().register(keyDocs, {
      type: 'integer, 1 to 28',
      default: '1',
      description: 'The day of the month, by local time, on which the use is counted anew.',
    }),
    'past-cap': optionalChoice(
      DEFAULT_PAST,
      ['backup', 'off'],
      'What becomes of the WAN past `monthly-cap`, until `cap-day`.',
    ),
  })
  .superRefine(
    (read, context) => {
      if (!isTable(read) || read['monthly-cap'] !== undefined) return;
      for (const key of ['cap-warn', 'past-cap'] as const) {
        if (read[key] === undefined) continue;
        fault(
          context,
          'has no meaning without `monthly-cap`',
          'Add `monthly-cap = "50GB"`, or remove this.',
          [key],
        );
      }
    },
    { when: () => true },
  )
  .transform(
    (read): WanConfig => ({
      name: read.name,
      interface: read.interface,
      source: read.source,
      tier: read.tier,
      rateDownBps: read['rate-down'],
      rateUpBps: read['rate-up'],
      cap: monthlyCap(read['monthly-cap'], read['cap-warn'], read['past-cap']),
      capDay: read['cap-day'] ?? 1,
    }),
  )
  .register(keyDocs, { type: 'table', description: 'One uplink; once per WAN.' });

function monthlyCap(
  bytes: number | undefined,
  warnRatio: number | undefined,
  past: MonthlyCap['past'] | undefined,
): MonthlyCap | undefined {
  if (bytes === undefined) return undefined;
  return { bytes, warnRatio: warnRatio ?? parsePercent(DEFAULT_WARN), past: past ?? DEFAULT_PAST };
}
