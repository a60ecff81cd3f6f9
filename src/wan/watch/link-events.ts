// Hears in a loop what becomes of the links: what the kernel tells, and lost carriers before it tells.
import { close } from '../../linux/libc.ts';
import * as abi from '../../linux/netlink/abi.ts';
import { CarrierWatch } from '../../linux/netlink/carrier-watch.ts';
import { type EventBatch, EventDrain } from '../../linux/netlink/event-drain.ts';
import { openEventSocket } from '../../linux/netlink/event-socket.ts';
import { openNetlink, Receiver } from '../../linux/netlink/socket.ts';
import type { Loop } from '../../relay/loop/loop.ts';
import { Timer } from '../../relay/loop/timers.ts';

// A link message takes up 4 kB of it: about 250 of them, or 1,000 routes, between two turns of the loop.
const RECEIVE_BUFFER_BYTES = 1 << 20;
// After a batch, what follows on its heels is gathered: the first event is told at once, a storm costs the main thread
// 200 messages a second.
const GATHER_MS = 5;

export class LinkEvents {
  readonly #loop: Loop;
  readonly #tell: (batch: EventBatch) => void;
  readonly #receiver = new Receiver();
  readonly #eventFd: number;
  readonly #askFd: number;
  readonly #drain: EventDrain;
  readonly #gather = new Timer(() => this.#read());
  readonly #look = new Timer(() => this.#lookAtCarriers());
  #names: readonly string[] = [];
  #carriers: CarrierWatch;

  /** @throws SyscallError */
  constructor(loop: Loop, tell: (batch: EventBatch) => void, receiveBufferBytes = RECEIVE_BUFFER_BYTES) {
    this.#loop = loop;
    this.#tell = tell;
    this.#eventFd = openEventSocket(receiveBufferBytes);
    this.#askFd = openNetlink(abi.NETLINK_ROUTE);
    this.#drain = new EventDrain(this.#eventFd, this.#receiver);
    this.#carriers = new CarrierWatch(this.#askFd, [], this.#receiver);
    loop.watch(this.#eventFd, { onEvents: () => this.#onEvents() });
  }

  /** @param names of interfaces whose lost carrier must be known at once: the kernel may take a second to tell */
  setCarrierOf(names: readonly string[]): void {
    if (names.join() === this.#names.join()) return;
    this.#names = names;
    this.#carriers = new CarrierWatch(this.#askFd, names, this.#receiver);
    this.#planLook();
  }

  close(): void {
    this.#loop.timers.clear(this.#gather);
    this.#loop.timers.clear(this.#look);
    this.#loop.forget(this.#eventFd);
    close(this.#eventFd);
    close(this.#askFd);
  }

  #onEvents(): void {
    if (!this.#gather.isArmed) this.#read();
  }

  #read(): void {
    const { batches, isEmpty } = this.#drain.drain();
    for (const batch of batches) this.#tell(batch);
    if (batches.some(tellsOfLinks)) {
      this.#carriers.alert();
      this.#lookAtCarriers();
    }
    if (batches.length > 0 || !isEmpty) this.#loop.timers.arm(this.#gather, GATHER_MS, performance.now());
  }

  #lookAtCarriers(): void {
    const events = this.#carriers.look();
    if (events.length > 0) this.#tell({ kind: 'events', events });
    this.#planLook();
  }

  #planLook(): void {
    const { waitMs } = this.#carriers;
    if (waitMs === undefined) this.#loop.timers.clear(this.#look);
    else this.#loop.timers.arm(this.#look, waitMs, this.#loop.nowMs);
  }
}

const tellsOfLinks = (batch: EventBatch): boolean =>
  batch.kind === 'overrun' || batch.events.some(({ kind }) => kind === 'link');
