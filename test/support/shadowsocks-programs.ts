// Shadowsocks programs as Debian has them: servers on a lab's server host, clients before its devices.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVER } from '../../src/lab/addresses.ts';
import type { Host } from '../../src/lab/host.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { runDirectory } from '../../src/lab/reap.ts';
import { startStock } from './stock-program.ts';

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

interface Inbound {
  readonly port: number;
  readonly protocol: string;
  readonly settings: object;
}

/** V2Ray with one inbound and one outbound of its config. */
export function startV2ray(
  lab: Lab,
  host: Host,
  { inbound, outbound }: { inbound: Inbound; outbound: object },
): Promise<LabProcess> {
  const file = join(runDirectory(lab.run), `v2ray-${inbound.port}.json`);
  const log = { loglevel: 'info' };
  writeFileSync(file, JSON.stringify({ log, inbounds: [inbound], outbounds: [outbound] }));
  return startStock(host, ['v2ray', '-config', file], inbound.port);
}

export function startV2rayServer(lab: Lab, port: number, settings: Cipher | 'none'): Promise<LabProcess> {
  const inbound = {
    port,
    protocol: 'shadowsocks',
    settings: settings === 'none' ? { method: 'none', password: 'x' } : settings,
  };
  const outbound = { protocol: 'freedom', settings: {} };
  return startV2ray(lab, lab.hosts.server, { inbound, outbound });
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
    inbound: { port, protocol: 'socks', settings: { auth: 'noauth' } },
    outbound: { protocol: 'shadowsocks', settings: { servers } },
  });
}
