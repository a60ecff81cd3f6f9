// Empties a socket of kernel events into batches, and knows when some were lost.
import * as abi from './abi.ts';
import { type KernelEvent, readRouteNetlink } from './codec.ts';
import { type NetlinkMessage, readMessages } from './message.ts';
import { readMptcpEvent } from './mptcp-message.ts';
import type { EventSource, FromMonitor, MonitorSpec } from './monitor-spec.ts';
import type { Receiver } from './socket.ts';

// More than this at once (a routing daemon that loads its table) is an overrun too: to read everything anew costs the
// main thread less than to be told of each change.
const MAX_BATCH = 500;
// One socket must not keep the thread from the other, and from the order to stop.
const MAX_DRAIN_MS = 50;

type Read = (message: NetlinkMessage) => KernelEvent | undefined;

export class EventDrain {
  readonly fd: number;
  readonly #source: EventSource;
  readonly #read: Read;
  readonly #receiver: Receiver;
  #hasLost = false;

  constructor(source: EventSource, fd: number, read: Read, receiver: Receiver) {
    this.#source = source;
    this.fd = fd;
    this.#read = read;
    this.#receiver = receiver;
  }

  /** What came since the last time, to be posted in this order. */
  drain(): FromMonitor[] {
    const events: KernelEvent[] = [];
    const endMs = performance.now() + MAX_DRAIN_MS;
    let isEmpty = false;
    while (!isEmpty && performance.now() < endMs) {
      const received = this.#receiver.receive(this.fd);
      if (received === 'empty') isEmpty = true;
      else if (received === 'overrun') this.#hasLost = true;
      else if (!this.#hasLost) this.#collect(received, events);
    }
    const posts: FromMonitor[] = events.length > 0 ? [{ kind: 'events', events }] : [];
    // Once it had no room the kernel goes on dropping, without another word, until the queue is empty: to read
    // everything anew any earlier could miss the last changes.
    if (this.#hasLost && isEmpty) {
      this.#hasLost = false;
      posts.push({ kind: 'overrun', source: this.#source });
    }
    return posts;
  }

  #collect(datagram: Buffer, events: KernelEvent[]): void {
    for (const message of readMessages(datagram)) {
      const event = this.#read(message);
      if (event === undefined) continue;
      if (events.length >= MAX_BATCH) {
        this.#hasLost = true;
        return;
      }
      events.push(event);
    }
  }
}

export function createDrains(spec: MonitorSpec, receiver: Receiver): EventDrain[] {
  const wanted = new Set<string>(spec.mptcpEvents);
  const readMptcp: Read = (message) => {
    const event = readMptcpEvent(message);
    return event && wanted.has(event.event) ? event : undefined;
  };
  const drains = [new EventDrain('route', spec.routeFd, readWorthy, receiver)];
  if (spec.mptcpFd !== undefined) drains.push(new EventDrain('mptcp', spec.mptcpFd, readMptcp, receiver));
  return drains;
}

/** Routes to our own addresses say nothing that the addresses did not say. */
function readWorthy(message: NetlinkMessage): KernelEvent | undefined {
  const event = readRouteNetlink(message);
  return event?.kind === 'route' && event.table === abi.RT_TABLE_LOCAL ? undefined : event;
}
