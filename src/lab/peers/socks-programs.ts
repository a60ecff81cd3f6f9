// SOCKS 5 programs as Debian has them: servers on a lab's server host, redsocks before its devices.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BACKBONE, LAN, SERVER } from '../addresses.ts';
import type { Lab } from '../lab.ts';
import type { LabProcess } from '../lab-process.ts';
import { runDirectory } from '../reap.ts';
import { startStock } from './stock-program.ts';

/** Dante, which asks nobody for a password. @param wrapper a command that starts it */
export function startDanted(lab: Lab, port: number, wrapper: readonly string[] = []): Promise<LabProcess> {
  const file = join(runDirectory(lab.run), `danted-${port}.conf`);
  writeFileSync(
    file,
    `logoutput: stderr
internal: 0.0.0.0 port = ${port}
external: ${SERVER.device}
external: ${BACKBONE.device}
external.rotation: route
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: root
client pass { from: 0/0 to: 0/0 }
socks pass { from: 0/0 to: 0/0 }
`,
  );
  const argv = [...wrapper, 'danted', '-f', file, '-p', `${file}.pid`];
  return startStock(lab.hosts.server, argv, port);
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** How a program is started otherwise than Debian would. */
export interface Otherwise {
  /** A command that starts it, like `mptcpize run`. */
  readonly wrapper?: readonly string[];
  readonly login?: Login | undefined;
}

export function startMicrosocks(
  lab: Lab,
  port: number,
  { wrapper = [], login }: Otherwise = {},
): Promise<LabProcess> {
  const logins = login ? ['-u', login.user, '-P', login.password] : [];
  const argv = [...wrapper, 'microsocks', '-i', SERVER.address4, '-p', String(port), ...logins];
  return startStock(lab.hosts.server, argv, port);
}

/**
 * Before the devices of the lab's LAN: takes the connections that `redirectLan` brings to its port. Rules for it are REDIRECT:
 * it asks for SO_ORIGINAL_DST. @param section lines for its own section of the config
 */
export function startRedsocks(
  lab: Lab,
  { port, to }: { readonly port: number; readonly to: number },
  { wrapper = [], login }: Otherwise,
  section = '',
): Promise<LabProcess> {
  const file = join(runDirectory(lab.run), 'redsocks.conf');
  writeFileSync(
    file,
    `base { log_info = off; log = stderr; daemon = off; redirector = iptables; }
redsocks {
  local_ip = ${LAN.router4}; local_port = ${port};
  ip = ${SERVER.address4}; port = ${to}; type = socks5;
  ${login ? `login = "${login.user}"; password = "${login.password}";` : ''}
  ${section}
}
`,
  );
  return startStock(lab.hosts.router, [...wrapper, 'redsocks', '-c', file], port);
}
