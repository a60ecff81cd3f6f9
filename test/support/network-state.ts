// All that wanbond may change on a host, as text, to be compared before and after.
import type { Host } from '../../src/lab/host.ts';

// Counts that move by themselves.
const MOVING = /nf_conntrack_count/;

const SCRIPT = `
for family in -4 -6; do
  echo "== ip $family rule"; ip $family rule show
  echo "== ip $family route"; ip $family route show table all
done
echo '== endpoints'; ip mptcp endpoint show
echo '== limits'; ip mptcp limits show
echo '== nft'; nft list ruleset
echo '== sysctl'; grep -rs . /proc/sys/net | sort
true
`;

/** Rules, routes of all tables, MPTCP endpoints and limits, nftables and every setting of the net tree. */
export async function networkState(host: Host): Promise<string[]> {
  const text = await host.must(['sh'], { input: SCRIPT });
  return text.split('\n').filter((line) => !MOVING.test(line));
}

/** The state without nftables: for what `nft` cannot make outside the daemon. */
export function withoutNft(state: readonly string[]): string[] {
  const from = state.indexOf('== nft');
  return [...state.slice(0, from), ...state.slice(state.indexOf('== sysctl'))];
}
