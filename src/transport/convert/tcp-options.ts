// The TCP options that a client names in an Extended Connect: which of them the SYN to the target will have, which are
// passed over, and which we cannot send (RFC 8803, sections 6.2.5 and 7).
import { TCP_OPTION_MPTCP } from './constants.ts';

export type WantedOptions =
  | { readonly kind: 'fine'; readonly mptcp: boolean }
  /** The kinds that we cannot send, each once. */
  | { readonly kind: 'unsupported'; readonly kinds: Uint8Array }
  | { readonly kind: 'malformed' };

const NO_OPERATION = 1;
// End of list, no operation, MSS, window scale and SACK: they are the stack's own, or belong to no SYN.
const PASSED_OVER: ReadonlySet<number> = new Set([0, NO_OPERATION, 2, 3, 5]);
/** An option with nothing but its kind and its length. */
const BARE_BYTES = 2;

/**
 * @param options what follows address and port in the Connect TLV
 * @param supported kinds that our SYNs have; the kernel writes them, so their values cannot be the client's
 */
export function wantedOptions(options: Uint8Array, supported: readonly number[]): WantedOptions {
  const unsupported = new Set<number>();
  let mptcp = false;
  for (let at = 0; at < options.length; ) {
    const kind = options[at] as number;
    if (kind <= NO_OPERATION) {
      at += 1;
      continue;
    }
    const length = options[at + 1] ?? 0;
    if (length < BARE_BYTES || at + length > options.length) return { kind: 'malformed' };
    at += length;
    if (PASSED_OVER.has(kind)) continue;
    if (length !== BARE_BYTES || !supported.includes(kind)) unsupported.add(kind);
    else mptcp ||= kind === TCP_OPTION_MPTCP;
  }
  if (unsupported.size > 0) return { kind: 'unsupported', kinds: Uint8Array.from(unsupported) };
  return { kind: 'fine', mptcp };
}
