// What a path does to MPTCP's two handshakes, what that means for the WAN, and what to do about it: pure.

export const ASK_PROVIDER =
  'look for a firewall, proxy or "TCP optimizer" in the modem or at the provider that removes unknown TCP options';
export const ASK_SERVER = 'check on the server that `ip mptcp limits` allows subflows (wanbond sets 8)';

/** `stripped`: answered as if the option were not there. `dropped`: packets with the option get no answer. */
export type CapableFate = 'kept' | 'stripped' | 'dropped';

/** `refused`: reset, by the server or before it. `untested`: we may not, or there was nothing to join. */
export type JoinFate = CapableFate | 'refused' | 'untested';

export interface MptcpSurvival {
  /** MP_CAPABLE, with which a connection begins. */
  readonly capable: CapableFate;
  /** MP_JOIN, with which a WAN comes into a connection that began over another one. */
  readonly join: JoinFate;
}

export function sameSurvival(a: MptcpSurvival | undefined, b: MptcpSurvival | undefined): boolean {
  return a?.capable === b?.capable && a?.join === b?.join;
}

/** Whether flows that begin over the path are MPTCP; nothing known speaks against it. */
export function canBegin(survival: MptcpSurvival | undefined): boolean {
  return survival === undefined || survival.capable === 'kept';
}

/** Whether a WAN can come into flows that began elsewhere. */
export function canJoin(survival: MptcpSurvival | undefined): boolean {
  return survival === undefined || survival.join === 'kept' || survival.join === 'untested';
}

/** What is wrong; undefined when nothing is known to be. */
export function mptcpTrouble(survival: MptcpSurvival | undefined): string | undefined {
  if (survival === undefined) return undefined;
  const { capable, join } = survival;
  const begins = canBegin(survival);
  const joins = canJoin(survival);
  if (begins && joins) return undefined;
  if (joins) return `MP_CAPABLE is ${capable} on its path: no flow begins on it while another WAN works`;
  if (begins) return `MP_JOIN is ${join} on its path: it carries only flows that begin on it`;
  return `MP_CAPABLE is ${capable} and MP_JOIN is ${join} on its path: it cannot be bonded`;
}
