// An RFC 8803 converter of others in a lab host, and what it was asked.
import type { Host } from '../../src/lab/host.ts';
import { builtPeer } from './built-peer.ts';

const TIMEOUT_MS = 20_000;

export interface SeenRequest {
  /** The types of its TLVs, in order. */
  readonly types: readonly number[];
  readonly cookie: 'none' | 'good' | 'bad';
  /** The address of the client. */
  readonly from: string;
}

export interface ForeignConverter {
  seen(): readonly SeenRequest[];
  /** How the connections with an error ended, from the client: an error code, or `end`. */
  refused(): readonly string[];
  /** It refuses from now on the cookies that it gave out. */
  forgetCookies(): void;
  stop(): Promise<unknown>;
}

export async function startForeignConverter(host: Host, port: number): Promise<ForeignConverter> {
  const started = host.spawn([process.execPath, builtPeer('foreign-converter'), String(port)], {
    label: `foreign converter on ${host.name}`,
  });
  await started.waitFor(/"ready"/, TIMEOUT_MS);
  const lines = <T>(start: string): T[] =>
    started.stdout.filter((line) => line.startsWith(`{"${start}"`)).map((line) => JSON.parse(line) as T);
  return {
    seen: () => lines<SeenRequest>('types'),
    refused: () => lines<{ refused: string }>('refused').map(({ refused }) => refused),
    forgetCookies: () => started.kill('SIGUSR1'),
    stop: () => started.stop(),
  };
}
