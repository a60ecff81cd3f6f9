// Empties a socket of kernel events into batches, and knows when some were lost.
import * as abi from './abi.ts';
import { type RouteNetlinkEvent, readRouteNetlink } from './codec.ts';
import { type NetlinkMessage, readMessages } from './message.ts';
import type { Receiver } from './socket.ts';

// More than this at once (a routing daemon that loads its table) is an overrun too: to read everything anew costs the
// main thread less than to be told of each change.
const MAX_BATCH = 500;
// Events without end must keep the thread neither from its probes nor from the order to stop.
const MAX_DRAIN_MS = 5;

export type EventBatch =
  /** In the kernel's order. */
  | { readonly kind: 'events'; readonly events: readonly RouteNetlinkEvent[] }
  /** Events were lost: read everything anew. */
  | { readonly kind: 'overrun' };

export class EventDrain {
  readonly #fd: number;
  readonly #receiver: Receiver;
  #hasLost = false;

  constructor(fd: number, receiver: Receiver) {
    this.#fd = fd;
    this.#receiver = receiver;
  }

  /** What came since the last time, in this order; more may wait unless it is empty. */
  drain(): { readonly batches: readonly EventBatch[]; readonly isEmpty: boolean } {
    const events: RouteNetlinkEvent[] = [];
    const endMs = performance.now() + MAX_DRAIN_MS;
    let isEmpty = false;
    while (!isEmpty && performance.now() < endMs) {
      const received = this.#receiver.receive(this.#fd);
      if (received === 'empty') isEmpty = true;
      else if (received === 'overrun') this.#hasLost = true;
      else if (!this.#hasLost) this.#collect(received, events);
    }
    const batches: EventBatch[] = events.length > 0 ? [{ kind: 'events', events }] : [];
    // Once it had no room the kernel goes on dropping, without another word, until the queue is empty: to read
    // everything anew any earlier could miss the last changes.
    if (this.#hasLost && isEmpty) {
      this.#hasLost = false;
      batches.push({ kind: 'overrun' });
    }
    return { batches, isEmpty };
  }

  #collect(datagram: Buffer, events: RouteNetlinkEvent[]): void {
    for (const message of readMessages(datagram)) {
      const event = readWorthy(message);
      if (event === undefined) continue;
      if (events.length >= MAX_BATCH) {
        this.#hasLost = true;
        return;
      }
      events.push(event);
    }
  }
}

/** Routes to our own addresses say nothing that the addresses did not say. */
function readWorthy(message: NetlinkMessage): RouteNetlinkEvent | undefined {
  const event = readRouteNetlink(message);
  return event?.kind === 'route' && event.table === abi.RT_TABLE_LOCAL ? undefined : event;
}
