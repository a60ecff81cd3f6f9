// Shadowsocks programs as Debian has them: servers on a lab's server host, clients before its devices.
import { SERVER } from '../addresses.ts';
import type { Host } from '../host.ts';
import type { Lab } from '../lab.ts';
import type { LabProcess } from '../lab-process.ts';
import { startStock } from './stock-program.ts';
import { startV2ray } from './v2ray.ts';

export interface Cipher {
  readonly method: string;
  readonly password: string;
}

const cipherArguments = ({ method, password }: Cipher): string[] => ['-m', method, '-k', password];

/** shadowsocks-libev. @param more arguments, like `--mptcp` */
export function startSsServer(
  lab: Lab,
  port: number,
  cipher: Cipher,
  more: readonly string[] = [],
): Promise<LabProcess> {
  const argv = ['ss-server', '-s', '0.0.0.0', '-p', String(port), ...cipherArguments(cipher), ...more];
  return startStock(lab.hosts.server, argv, port);
}

const LOG = { log: { loglevel: 'info' } };

export function startV2rayServer(lab: Lab, port: number, settings: Cipher | 'none'): Promise<LabProcess> {
  const inbound = {
    port,
    protocol: 'shadowsocks',
    settings: settings === 'none' ? { method: 'none', password: 'x' } : settings,
  };
  const outbounds = [{ protocol: 'freedom', settings: {} }];
  return startV2ray(lab, lab.hosts.server, { ...LOG, inbounds: [inbound], outbounds });
}

/** Clients of shadowsocks-libev, which take what comes by SOCKS or by the rules of `redirectLan`. */
export function startSsClient(
  host: Host,
  program: 'ss-local' | 'ss-redir',
  { port, to }: { readonly port: number; readonly to: number },
  cipher: Cipher,
  more: readonly string[] = [],
): Promise<LabProcess> {
  const where = ['-s', SERVER.address4, '-p', String(to), '-b', '0.0.0.0', '-l', String(port)];
  return startStock(host, [program, ...where, ...cipherArguments(cipher), ...more], port);
}

/** V2Ray as a client of Shadowsocks; devices come by SOCKS. */
export function startV2rayClient(
  lab: Lab,
  host: Host,
  { port, to }: { port: number; to: number },
  cipher: Cipher,
) {
  const servers = [{ address: SERVER.address4, port: to, ...cipher }];
  return startV2ray(lab, host, {
    ...LOG,
    inbounds: [{ port, protocol: 'socks', settings: { auth: 'noauth' } }],
    outbounds: [{ protocol: 'shadowsocks', settings: { servers } }],
  });
}
