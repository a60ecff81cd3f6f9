// What the search for conflicts works on: the config, what is on the host, and what of it is wanbond's own.
import type { Family } from '../../../base/address.ts';
import { familyOf } from '../../../base/address.ts';
import { maskAddress, type Prefix } from '../../../base/prefix.ts';
import type { RouterConfig } from '../../../config/router.ts';
import type { ConflictFacts } from '../../../linux/conflict-facts.ts';
import type { InterfaceFact } from '../../../plan/host-facts.ts';
import { hex, type Undo } from '../../../plan/step.ts';
import type { RedirectMethod } from '../../../router/redirect/redirect-table.ts';
import type { ReadyWan } from '../../../router/wans/ready-wans.ts';

export interface ConflictContext {
  readonly config: RouterConfig;
  readonly facts: ConflictFacts;
  readonly interfaces: readonly InterfaceFact[];
  readonly wans: readonly ReadyWan[];
  readonly method: RedirectMethod;
  /** What a running daemon has done, or a dead one left. */
  readonly journal: readonly Undo[];
}

/** Tables of ours, whatever holds them. */
export const isOwnTable = (name: string): boolean => /^wanbond($|_)/.test(name);

/** `0x40000000/0x40000000` of the config. */
export const markText = ({ config: { redirect } }: ConflictContext): string =>
  `${hex(redirect.mark)}/${hex(redirect.markMask)}`;

/** The subnets of an interface. */
export function subnetsOf({ interfaces }: ConflictContext, name: string, family: Family): Prefix[] {
  const found = interfaces.find((one) => one.name === name);
  return (found?.addresses ?? [])
    .filter(({ address }) => familyOf(address) === family)
    .map(({ address, bits }) => ({ address: maskAddress(address, bits), bits }));
}
