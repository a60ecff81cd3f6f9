// One line of `wanbond check`: how bad it is, what it is about, and what to do.

export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail';
  /** A few words, the same on every host. */
  readonly subject: string;
  readonly message: string;
  /** What to do; undefined when all is well. */
  readonly hint?: string;
}

export const ok = (subject: string, message: string): Finding => ({ level: 'ok', subject, message });
export const warn = (subject: string, message: string, hint: string): Finding => ({
  level: 'warn',
  subject,
  message,
  hint,
});
export const fail = (subject: string, message: string, hint: string): Finding => ({
  level: 'fail',
  subject,
  message,
  hint,
});
