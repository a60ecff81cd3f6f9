// What a hello without a target showed of a path and of the server at its end.
import { ECONNREFUSED, ECONNRESET, ETIMEDOUT, errnoName } from '../../linux/errno.ts';
import type { FinalReply } from '../../relay/router/hello-link.ts';
import type { FailureReason } from '../../transport/failure.ts';

export type HelloResult =
  | {
      readonly kind: 'no-connection';
      readonly why: 'refused' | 'timeout' | 'unreachable';
      readonly errno: string;
    }
  | {
      readonly kind: 'connected';
      readonly connectMs: number;
      readonly isMptcp: boolean;
      readonly answer: Answer;
    };

export type Answer =
  /** Signed with our key, or the login was taken. */
  | { readonly kind: 'proved' }
  /** Nothing was asked. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'refused'; readonly reason: FailureReason; readonly detail: string }
  | { readonly kind: 'silent' }
  | { readonly kind: 'closed' };

export function noConnection(errno: number): HelloResult {
  const isRefused = errno === ECONNREFUSED || errno === ECONNRESET;
  const why = isRefused ? 'refused' : errno === ETIMEDOUT ? 'timeout' : 'unreachable';
  return { kind: 'no-connection', why, errno: errnoName(errno) };
}

export function answerOf(reply: Exclude<FinalReply, { kind: 'retry' }>): Answer {
  if (reply.kind === 'established') return { kind: 'proved' };
  const { reason, detail } = reply;
  return reason === 'server-lost' ? { kind: 'closed' } : { kind: 'refused', reason, detail };
}
