// Counts packets that pass a lab host, each kind by a name and a match of nftables.
import type { Host } from '../../src/lab/host.ts';

const TABLE = 'packet_counts';

export interface PacketKind {
  readonly hook: 'input' | 'output' | 'forward';
  /** As in a rule of nftables. */
  readonly match: string;
}

export type Counts<Name extends string> = Record<Name, number>;

/** Counts from now on; the function returned gives the packets so far. Once per host. */
export async function countPackets<Name extends string>(
  host: Host,
  kinds: Readonly<Record<Name, PacketKind>>,
): Promise<() => Promise<Counts<Name>>> {
  const chains = Object.entries<PacketKind>(kinds).map(
    ([name, { hook, match }]) => `counter n_${name} { }
chain n_${name} {
type filter hook ${hook} priority 0
${match} counter name n_${name}
}
`,
  );
  await host.must(['nft', '-f', '-'], { input: `table inet ${TABLE} {\n${chains.join('')}}\n` });
  return async () => {
    const listing = await host.must(['nft', 'list', 'counters', 'table', 'inet', TABLE]);
    const counts = listing.matchAll(/counter n_(\w+) \{\s*packets (\d+)/g);
    return Object.fromEntries(
      [...counts].map(([, name, packets]) => [name, Number(packets)]),
    ) as Counts<Name>;
  };
}

/** What was counted between two times. */
export function growth<Name extends string>(from: Counts<Name>, to: Counts<Name>): Counts<Name> {
  const grown = Object.entries<number>(to).map(([name, count]) => [name, count - from[name as Name]]);
  return Object.fromEntries(grown) as Counts<Name>;
}
