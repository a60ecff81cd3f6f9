// A middlebox between router and server that spoils what passes it.
import { fileURLToPath } from 'node:url';
import { SERVER } from '../../src/lab/addresses.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { CONVERT_PORT } from '../../src/lab/program-config.ts';

export interface Bend {
  /** Only so many bytes go on, and then an end. */
  readonly cutAt?: number;
  /** This bit is turned over: 0 to 7 in the first byte, and so on. */
  readonly flipBit?: number;
}

/** What happens to one connection. */
export interface Spoil {
  /** To the request, with what came in the same read. */
  readonly hello?: Bend;
  /** To the first bytes of the answer. */
  readonly answer?: Bend;
  /** The server has seen the same request before. */
  readonly replayed?: boolean;
  /** These bytes, in hex, and an end, instead of asking the server. */
  readonly reply?: string;
}

const PROGRAM = fileURLToPath(new URL('./tamper-proxy.mjs', import.meta.url));

/** Listens on `port` of the server's host; the n-th connection that says something gets the n-th of `spoil`, round and round. */
export async function startTamperProxy(lab: Lab, port: number, spoil: readonly Spoil[]): Promise<LabProcess> {
  const plan = { listen: port, server: { address: SERVER.address4, port: CONVERT_PORT }, spoil };
  const started = lab.hosts.server.spawn([process.execPath, PROGRAM, JSON.stringify(plan)], {
    label: 'proxy',
  });
  await started.waitFor(/ready/, 15_000);
  return started;
}
