// The end of a client's handshake that did not succeed.
import type { FailureReason } from './failure.ts';
import type { ClientStep } from './handshake.ts';

/** @param retryAfterS seconds that the server asks to wait */
export function refused(reason: FailureReason, detail: string, retryAfterS?: number): ClientStep {
  return { kind: 'refused', reason, detail, retryAfterS };
}
