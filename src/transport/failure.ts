// Why a flow failed: the one set of names that counters, logs and transports share.

/** The order is the index of the counters in shared memory: append, never reorder. */
export const FAILURE_REASONS = [
  // About the target, told by whoever dialled it.
  'refused-by-target',
  'unreachable',
  'timeout',
  'egress-denied',
  // About the way to the server; noticed by the relay, never on the wire.
  'server-down',
  'server-silent',
  'server-lost',
  // About the handshake.
  'server-reply-unauthenticated',
  'not-authorized',
  'malformed',
  'unsupported',
  'replayed',
  'clock',
  'resource',
  // About the near side.
  'client-gone',
] as const;

export type FailureReason = (typeof FAILURE_REASONS)[number];
