// Listings of nft in JSON as chains with their rules, and named sets: read without trust in its shape,
// since every version of nft prints what it likes.

/** A statement or an expression, as JSON. */
export type Json = Readonly<Record<string, unknown>>;

export interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** Of a base chain: where it hangs. */
  readonly hook: string | undefined;
  readonly type: string | undefined;
  readonly priority: number;
  readonly policy: string;
  /** The statements of each rule. */
  readonly rules: readonly (readonly Json[])[];
}

export interface Ruleset {
  readonly chains: readonly Chain[];
  /** Elements of sets and maps by `family table name`. */
  readonly sets: ReadonlyMap<string, readonly unknown[]>;
}

const FAMILIES = new Set(['ip', 'ip6', 'inet']);

/** @param listing what stands in the list `nftables`; undefined is an empty rule set. */
export function readRuleset(listing: readonly unknown[] | undefined): Ruleset {
  const entries = jsonList(listing);
  const rules = new Map<string, Json[][]>();
  const sets = new Map<string, readonly unknown[]>();
  for (const entry of entries) {
    const rule = asJson(entry['rule']);
    if (rule) {
      const key = keyOf(rule, rule['chain']);
      rules.set(key, [...(rules.get(key) ?? []), jsonList(rule['expr'])]);
    }
    const set = asJson(entry['set']) ?? asJson(entry['map']);
    if (set) sets.set(keyOf(set, set['name']), arrayOf(set['elem']));
  }
  const chains = entries.flatMap((entry): Chain[] => {
    const chain = asJson(entry['chain']);
    if (!chain || !FAMILIES.has(textOf(chain['family']) ?? '')) return [];
    return [
      {
        family: textOf(chain['family']) ?? '',
        table: textOf(chain['table']) ?? '',
        name: textOf(chain['name']) ?? '',
        hook: textOf(chain['hook']),
        type: textOf(chain['type']),
        priority: Number(chain['prio'] ?? 0),
        policy: textOf(chain['policy']) ?? 'accept',
        rules: rules.get(keyOf(chain, chain['name'])) ?? [],
      },
    ];
  });
  return { chains, sets };
}

/** Where a statement jumps or goes to. */
export function targetOf(statement: Json): string | undefined {
  return textOf(asJson(statement['jump'] ?? statement['goto'])?.['target']);
}

/** The base chains of a hook that see packets of `family`, in the order in which they see them. */
export function baseChains({ chains }: Ruleset, type: string, hook: string, family: 4 | 6): Chain[] {
  const families = family === 4 ? ['ip', 'inet'] : ['ip6', 'inet'];
  return chains
    .filter((chain) => chain.hook === hook && chain.type === type && families.includes(chain.family))
    .toSorted((a, b) => a.priority - b.priority);
}

export function findChain({ chains }: Ruleset, near: Chain, name: string): Chain | undefined {
  return chains.find((one) => one.name === name && one.table === near.table && one.family === near.family);
}

export function elementsOf({ sets }: Ruleset, near: Chain, name: string): readonly unknown[] | undefined {
  return sets.get(`${near.family} ${near.table} ${name}`);
}

export const describeChain = (chain: Chain): string =>
  `table ${chain.family} ${chain.table}, chain ${chain.name}`;

export function asJson(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

export const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const jsonList = (value: unknown): Json[] =>
  arrayOf(value).filter((one): one is Json => asJson(one) !== undefined);

function keyOf(entry: Json, name: unknown): string {
  return [entry['family'], entry['table'], name].map(textOf).join(' ');
}
