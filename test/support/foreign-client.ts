// Runs an RFC 8803 client of others in a lab host.
import type { Host } from '../../src/lab/host.ts';
import { builtPeer } from './built-peer.ts';

interface Place {
  readonly address: string;
  readonly port: number;
}

export interface ForeignRequest {
  readonly server: Place;
  /** Asks for the supported TCP extensions. */
  readonly info?: boolean;
  readonly target?: Place;
  /** TCP options for the SYN to the target, as hex and a multiple of 4 bytes: an Extended Connect. */
  readonly options?: string;
  /** As hex; without one the client asks for it first. */
  readonly cookie?: string;
  /** What the target says first. */
  readonly banner?: string;
  /** Sends so many bytes to a target that gives them back. */
  readonly echoBytes?: number;
}

export interface ForeignResult {
  /** The TLVs of each answer, values without type and length, as hex. */
  readonly answers: readonly (readonly { readonly type: number; readonly value: string }[])[];
  /** The cookie that was taken. */
  readonly cookie?: string;
  /** Of the target, its banner among them, and whether they are what they should be. */
  readonly bytes?: number;
  readonly isEqual?: boolean;
  /** When the answer was there. */
  readonly isMptcp?: boolean;
}

export async function askAsForeigner(host: Host, request: ForeignRequest): Promise<ForeignResult> {
  const argv = [process.execPath, builtPeer('foreign-client'), JSON.stringify(request)];
  return JSON.parse(await host.must(argv, { timeoutMs: 60_000 })) as ForeignResult;
}
