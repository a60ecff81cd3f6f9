// The [socks] section of the router: a SOCKS 5 port on the LAN, for devices that are set to use one by hand.
import * as z from 'zod';
import { integerOr, keyDocs } from './field.ts';
import { refuseDoubles, type SocksUser, socksUsers } from './socks-user.ts';

export interface SocksConfig {
  readonly port: number;
  /** Undefined: every device of the LAN. */
  readonly users: readonly SocksUser[] | undefined;
}

// IANA's port of SOCKS.
const SOCKS_PORT = 1080;

export const socks = z
  .strictObject({
    port: integerOr(SOCKS_PORT, { min: 1, max: 65_535 }, 'The port, on every address of the LAN interfaces.'),
    user: socksUsers('Who may use it; every device of the LAN when not given.'),
  })
  .superRefine((read, context) => refuseDoubles(read.user, context), { when: () => true })
  .transform((read): SocksConfig => ({ port: read.port, users: read.user }))
  .optional()
  .register(keyDocs, {
    type: 'table',
    description: 'A SOCKS 5 port for the LAN; without this table there is none.',
  });
