// The request by which a hand sets the tier of a WAN at run time.
import * as z from 'zod';
import { WanbondError } from '../../base/error.ts';
import { TIERS } from '../../config/wan.ts';

export const OVERRIDES = [...TIERS, 'auto'] as const;

/** `auto` takes the override back. */
export const overrideRequest = z.strictObject({ name: z.string(), tier: z.enum(OVERRIDES) });
export type OverrideRequest = z.infer<typeof overrideRequest>;

export function unknownWan(name: string, wans: readonly { readonly name: string }[]): WanbondError {
  return new WanbondError({
    code: 'unknown-wan',
    message: `there is no WAN ${JSON.stringify(name)}`,
    hint: `The WANs are: ${wans.map((wan) => wan.name).join(', ')}.`,
  });
}
