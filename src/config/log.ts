// The [log] section, the same for both roles.
import * as z from 'zod';
import { choice, flag, keyDocs } from './field.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
const LOG_FORMATS = ['human', 'json'] as const;

export interface LogConfig {
  readonly level: (typeof LOG_LEVELS)[number];
  readonly format: (typeof LOG_FORMATS)[number];
  /** Whether targets (who talks to whom) may appear in the log. */
  readonly targets: boolean;
}

export const log = z
  .strictObject({
    level: choice('info', LOG_LEVELS, 'The least severe lines that are written.'),
    format: choice('human', LOG_FORMATS, 'One plain line each for people, or JSON for machines.'),
    targets: flag(false, 'Whether the addresses that devices connect to may appear in the log.'),
  })
  .transform((read): LogConfig => read)
  .prefault({})
  .register(keyDocs, { type: 'table', description: 'What is logged, and how.' });
