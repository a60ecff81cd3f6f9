// One connection that is made ahead of need: connected, proved, and kept by the server for a flow to come.
import type { SocketAddress } from '../../base/address.ts';
import { type ClientHandshake, type ClientTransport, MAX_RETRIES } from '../../transport/handshake.ts';
import type { Attempt } from './connect-race.ts';
import type { FinalReply, HelloLink } from './hello-link.ts';
import { HelloRace, type HelloRaceHandlers } from './hello-race.ts';
import type { Candidate } from './router-policy.ts';
import type { WorkerContext } from '../worker-context.ts';

const NOTHING = Buffer.alloc(0);

export interface WarmServer {
  readonly label: string;
  readonly transport: ClientTransport;
  readonly addresses: readonly SocketAddress[];
  /** Paths to it, best first; in turn, so that the WANs share the beginnings. */
  candidates(): readonly Candidate[];
}

export interface WarmSettings {
  /** The most that are open at once. */
  readonly most: number;
  readonly handshakeTimeoutMs: number;
  readonly congestion: string | undefined;
}

/** @param why none was made: `never` when there is no use in trying again */
export type OnWarmed = (made: Attempt | undefined, why: 'later' | 'never') => void;

export class Warming implements HelloRaceHandlers {
  private readonly context: WorkerContext;
  private readonly server: WarmServer;
  private readonly settings: WarmSettings;
  private readonly onEnd: OnWarmed;
  private readonly handshake: ClientHandshake | undefined;
  private race: HelloRace | undefined;
  private retries = 0;
  private isDone = false;

  /** @param onEnd called once, perhaps before `start` returns */
  constructor(context: WorkerContext, server: WarmServer, settings: WarmSettings, onEnd: OnWarmed) {
    this.context = context;
    this.server = server;
    this.settings = settings;
    this.onEnd = onEnd;
    this.handshake = server.transport.warm?.();
  }

  start(): void {
    const { context, handshake } = this;
    if (!handshake) return this.end(undefined, 'never');
    const { congestion, handshakeTimeoutMs: timeoutMs } = this.settings;
    const candidates = this.server.candidates();
    this.race = new HelloRace(
      context,
      { candidates, congestion, handshake, early: NOTHING, timeoutMs },
      this,
    );
    this.race.begin();
  }

  onReply({ conn, candidate }: HelloLink, reply: FinalReply): void {
    if (reply.kind === 'established' && reply.rest.length === 0) return this.end({ conn, candidate });
    if (reply.kind === 'retry' && this.retries < MAX_RETRIES) {
      this.retries++;
      conn.reset();
      return this.start();
    }
    conn.close();
    this.end(undefined, reply.kind === 'failed' && reply.reason === 'unsupported' ? 'never' : 'later');
  }

  onFailed(): void {
    this.end(undefined);
  }

  close(): void {
    this.end(undefined);
  }

  private end(made: Attempt | undefined, why: 'later' | 'never' = 'later'): void {
    if (this.isDone) return;
    this.isDone = true;
    this.race?.leave()?.conn.close();
    this.onEnd(made, why);
  }
}
