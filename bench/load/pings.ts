// Requests and answers of one size on a flow that stays open, one after another: how long each takes.
import { Loop } from '../../src/relay/loop/loop.ts';
import { ClientFlow, type ClientTarget } from './client-flow.ts';
import { Latencies } from './latencies.ts';
import { read, WAIT, write } from './socket-io.ts';
import { encodeRequest } from './wire.ts';

export interface PingsResult {
  readonly p50Us: number | undefined;
  readonly p99Us: number | undefined;
}

const WARM_UP_MS = 700;
const LOOK_MS = 200;
const GREETING_BYTES = 1;

/** @throws Error when the flow breaks */
export function runPings(target: ClientTarget, bytes: number, seconds: number): PingsResult {
  const loop = new Loop();
  const latencies = new Latencies();
  const buffer = Buffer.alloc(bytes);
  const incoming = Buffer.alloc(bytes);
  const fromMs = performance.now() + WARM_UP_MS;
  const toMs = fromMs + seconds * 1000;
  let owedBytes = GREETING_BYTES;
  let unsentBytes = 0;
  let sentMs: number | undefined;

  const send = (flow: ClientFlow): void => {
    while (unsentBytes > 0) {
      const count = write(flow.fd, buffer, unsentBytes);
      if (count === WAIT) return;
      unsentBytes -= count;
    }
  };
  const ping = (flow: ClientFlow): void => {
    sentMs = performance.now();
    owedBytes = bytes;
    unsentBytes = bytes;
    send(flow);
  };
  const flow = new ClientFlow(loop, target, encodeRequest('pings', bytes), {
    onReadable(self) {
      for (;;) {
        const count = read(self.fd, incoming, Math.min(owedBytes, incoming.length));
        if (count === WAIT) return;
        if (count === 0) return self.fail('the origin closed');
        owedBytes -= count;
        if (owedBytes > 0) continue;
        const nowMs = performance.now();
        if (sentMs !== undefined && sentMs >= fromMs) latencies.add((nowMs - sentMs) * 1000);
        ping(self);
      }
    },
    onWritable: send,
    onFailure(_, why) {
      throw new Error(why);
    },
  });
  while (performance.now() < toMs) loop.round(LOOK_MS);
  flow.close();
  return {
    p50Us: latencies.percentile(0.5),
    p99Us: latencies.percentile(0.99),
  };
}
