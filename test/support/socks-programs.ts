// SOCKS 5 servers as Debian has them, on a lab's server host.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BACKBONE, SERVER } from '../../src/lab/addresses.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { runDirectory } from '../../src/lab/reap.ts';
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

export function startMicrosocks(lab: Lab, port: number, login?: Login): Promise<LabProcess> {
  const logins = login ? ['-u', login.user, '-P', login.password] : [];
  return startStock(lab.hosts.server, ['microsocks', '-p', String(port), ...logins], port);
}

/** Before the devices of the lab's LAN: takes the connections that `redirectLan` brings to its port. */
export function startRedsocks(lab: Lab, port: number, to: number, login: Login): Promise<LabProcess> {
  const file = join(runDirectory(lab.run), 'redsocks.conf');
  writeFileSync(
    file,
    `base { log_info = on; log = stderr; daemon = off; redirector = iptables; }
redsocks {
  local_ip = 0.0.0.0; local_port = ${port};
  ip = ${SERVER.address4}; port = ${to}; type = socks5;
  login = "${login.user}"; password = "${login.password}";
}
`,
  );
  return startStock(lab.hosts.router, ['redsocks', '-c', file], port);
}
