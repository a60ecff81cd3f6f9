// Clients of the server that are played by hand, and the request that they make.
import { ECONNRESET } from '../../linux/errno.ts';
import { close, errno, rawRecv, rawSend } from '../../linux/libc.ts';
import { connectedPair } from '../../linux/loopback.fixture.ts';
import type { DialStep } from '../../transport/handshake.ts';
import { Loop } from '../loop/loop.ts';
import { contextOf } from '../worker-context.fixture.ts';
import type { ServerOpeningRules } from './server-opening-start.ts';

export function rulesWith({ handshakeTimeoutMs = 5000, connectTimeoutMs = 5000 }): ServerOpeningRules {
  return {
    settings: { handshakeTimeoutMs, connectTimeoutMs, congestion: { usual: undefined, lossy: undefined } },
    egress: { families: { v4: true, v6: true }, own: [], allow: [], deny: [], allowByKey: new Map() },
  };
}

/** A request that is proved, for a name that nobody looks up. */
export const DIAL: DialStep = {
  kind: 'dial',
  target: { name: 'target.example', port: 80 },
  who: 'key one',
  keyId: 1,
  hints: { isLossy: false },
  consumed: 0,
  accept: () => Buffer.from('ok'),
  refuse: () => undefined,
};

/** Its `close` ends what is open in the context, too. */
export function playClients() {
  const loop = new Loop();
  const failures: string[] = [];
  const context = contextOf(loop, { fail: (reason, detail) => failures.push(`${reason}: ${detail}`) });
  const clients: number[] = [];
  const turn = (): void => {
    for (let i = 0; i < 5; i++) loop.round(5);
  };
  const peek = (client: number): string => {
    const buffer = Buffer.alloc(100);
    const count = rawRecv(client, buffer, buffer.length, 0);
    return count < 0 && errno() === ECONNRESET ? 'reset' : buffer.toString('latin1', 0, Math.max(0, count));
  };
  return {
    loop,
    context,
    failures,
    turn,
    /** The client's end, and the one that the server would have accepted. */
    connect: (): [number, number] => {
      const pair = connectedPair();
      clients.push(pair[0]);
      return pair;
    },
    /** What has come to a client by now; `reset` when that is how its connection ended. */
    peek,
    /** The same after a few turns. */
    read: (client: number): string => {
      turn();
      return peek(client);
    },
    write: (client: number, text: string): void => {
      rawSend(client, Buffer.from(text), text.length, 0);
      turn();
    },
    close: (): void => {
      for (const opening of [...context.openings, ...context.warm]) opening.abort();
      for (const flow of context.flows) flow.abort();
      for (const client of clients) close(client);
      context.spares.shrink();
      loop.close();
    },
  };
}
