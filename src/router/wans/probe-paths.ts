// What is probed: each server over each WAN that may be used.
import { familyOf } from '../../base/address.ts';
import type { KnownServer } from '../../wan/servers/known-servers.ts';
import { type ProbePath, sameProbePath } from '../../wan/probe/probe-path.ts';
import type { ReadyWan } from './ready-wans.ts';

export function probePaths(wans: readonly ReadyWan[], servers: readonly KnownServer[]): ProbePath[] {
  return wans.flatMap((wan) => servers.flatMap((server) => probePath(server, wan)));
}

/** To the preferred address of which the WAN has the family. */
function probePath(server: KnownServer, wan: ReadyWan): ProbePath[] {
  for (const address of server.addresses) {
    const from = wan.sources.find((source) => familyOf(source) === familyOf(address));
    if (!from) continue;
    const { label, protocol } = server;
    const to = { address, port: server.port };
    return [{ wan: wan.name, device: wan.interface, from, to, server: { label, protocol } }];
  }
  return [];
}

export function samePaths(a: readonly ProbePath[], b: readonly ProbePath[]): boolean {
  return a.length === b.length && a.every((path, i) => sameProbePath(path, b[i] as ProbePath));
}
