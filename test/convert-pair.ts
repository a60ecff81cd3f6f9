// A Convert client and server with clocks and randomness in the test's hands, joined by byte arrays.
import { type Address, parseAddress, type SocketAddress } from '../src/base/address.ts';
import { type ConvertClient, createConvertClient } from '../src/transport/convert/client.ts';
import { createReplayWindow, type ReplayWindow } from '../src/transport/convert/replay.ts';
import { type ConvertServer, createConvertServer } from '../src/transport/convert/server.ts';
import type { ClientStep, DialStep, ServerStep } from '../src/transport/handshake.ts';

export const NOW_MS = 1_700_000_000_000;
export const PSK = Uint8Array.from({ length: 32 }, (_, i) => i);
export const OTHER_PSK = new Uint8Array(32).fill(9);
export const KEY_ID = 7;
export const SERVER_ID = 'lab-server';
export const TARGET: SocketAddress = { address: parseAddress('192.0.2.1'), port: 443 };
/** What a server besides has; its SYNs have MPTCP, SACK-permitted and timestamps. */
export const HOST = { foreignSecret: new Uint8Array(32).fill(5), tcpOptions: [30, 4, 8] };
export const KEY_NAME = 'cabin';
export const NOTHING = new Uint8Array(0);
const UP_MS = 600_000;

/** A clock to be set by the test. */
export interface Hand {
  ms: number;
}

/** Distinct nonces, the first of which is a0 a1 a2 ... */
export function countingRandom(): (bytes: number) => Uint8Array {
  let calls = 0;
  return (bytes) => {
    const out = Uint8Array.from({ length: bytes }, (_, i) => 0xa0 + i);
    new DataView(out.buffer).setUint32(0, 0xa0a1a2a3 + calls++);
    return out;
  };
}

export class Pair {
  readonly clientClock: Hand;
  readonly serverClock: Hand;
  replay: ReplayWindow;
  server: ConvertServer;
  readonly client: ConvertClient;

  constructor(options: { clientAheadMs?: number; psk?: Uint8Array; keyId?: number; capacity?: number } = {}) {
    this.clientClock = { ms: NOW_MS + (options.clientAheadMs ?? 0) };
    this.serverClock = { ms: NOW_MS };
    this.replay = createReplayWindow(NOW_MS - UP_MS, options.capacity);
    this.server = this.attach(this.replay);
    this.client = createConvertClient({
      serverId: SERVER_ID,
      keyId: options.keyId ?? KEY_ID,
      psk: options.psk ?? PSK,
      now: () => this.clientClock.ms,
      random: countingRandom(),
    });
  }

  /** One more worker's server on `replay`. */
  attach(replay: ReplayWindow): ConvertServer {
    const now = () => this.serverClock.ms;
    return createConvertServer({
      serverId: SERVER_ID,
      keys: [{ id: KEY_ID, name: KEY_NAME, psk: PSK }],
      replay,
      now,
      ...HOST,
    });
  }

  /** A new server process: the nonce set is lost. */
  restartServer(): void {
    this.replay = createReplayWindow(this.serverClock.ms);
    this.server = this.attach(this.replay);
  }

  tick(ms: number): void {
    this.clientClock.ms += ms;
    this.serverClock.ms += ms;
  }

  /** @param foreign from where it comes, when that may do without a key */
  serve(hello: Uint8Array, foreign?: Address): ServerStep {
    return this.server.start(foreign).receive(hello);
  }

  /** Opens a flow as a relay does, with every retry the client asks for; 40 ms there and back. */
  open(early = NOTHING): { step: ClientStep; dials: number; hellos: number } {
    const flow = this.client.start(TARGET);
    let dials = 0;
    for (let hellos = 1; ; hellos++) {
      const hello = flow.hello(early);
      this.tick(20);
      const served = this.serve(hello);
      if (served.kind === 'dial') dials++;
      this.tick(20);
      const step = flow.receive(answerOf(served));
      if (step.kind !== 'retry' || hellos > 5) return { step, dials, hellos };
    }
  }
}

export function answerOf(step: ServerStep): Buffer {
  if (step.kind === 'dial') return step.accept({ v4: true, v6: true });
  return step.kind === 'reply' ? step.bytes : Buffer.alloc(0);
}

export function expectDial(step: ServerStep): DialStep {
  if (step.kind !== 'dial') throw new Error(`${step.kind}: ${'detail' in step ? step.detail : ''}`);
  return step;
}
