// Counts the subflows of the busiest MPTCP connection in what `ss -tinH` prints.

/** Connections of plain TCP and subflows that are not established do not count. */
export function countSubflows(ssOutput: string, peerPort: number): number {
  const byToken = new Map<string, number>();
  // A socket is one line, its facts an indented line below.
  const sockets = ssOutput.replaceAll(/\n[ \t]+/g, ' ').split('\n');
  for (const line of sockets) {
    const [state, , , , peer] = line.trim().split(/\s+/);
    if (state !== 'ESTAB' || !peer?.endsWith(`:${peerPort}`)) continue;
    // token:REMOTE(id:N)/LOCAL(id:N); the local one is the same for all subflows of a connection.
    const token = /\btcp-ulp-mptcp\b.*\btoken:[0-9a-f]+\(id:\d+\)\/([0-9a-f]+)/.exec(line)?.[1];
    if (token !== undefined) byToken.set(token, (byToken.get(token) ?? 0) + 1);
  }
  return Math.max(0, ...byToken.values());
}
