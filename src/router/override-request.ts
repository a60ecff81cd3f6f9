// The request by which a hand sets the tier of a WAN at run time.
import * as z from 'zod';
import { TIERS } from '../config/wan.ts';

export const OVERRIDES = [...TIERS, 'auto'] as const;

/** `auto` takes the override back. */
export const overrideRequest = z.strictObject({ name: z.string(), tier: z.enum(OVERRIDES) });
export type OverrideRequest = z.infer<typeof overrideRequest>;
