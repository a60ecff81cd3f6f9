// The one error class of wanbond: a stable code, a message for the operator, and what to do about it.

export interface ErrorParts {
  /** Stable, lower-case, dash-separated; scripts may match on it. */
  readonly code: string;
  /** One line, safe to show the operator: never a key, never a payload. */
  readonly message: string;
  /** What to do, as an imperative sentence. */
  readonly hint: string;
  /** The error beneath, for the log. */
  readonly cause?: unknown;
}

export class WanbondError extends Error {
  override readonly name = 'WanbondError';
  readonly code: string;
  readonly hint: string;

  constructor(parts: ErrorParts) {
    super(parts.message, { cause: parts.cause });
    this.code = parts.code;
    this.hint = parts.hint;
  }
}

/** One line about any thrown value. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
