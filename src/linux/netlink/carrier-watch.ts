// Notices a lost carrier before the kernel tells of it.
//
// The kernel sends at most one round of link events a second, for all interfaces together (net/core/link_watch.c). A
// carrier that comes back is exempt, one that is lost is not: after any other link event it may be told 1 s late. The
// carrier itself is up to date all the time, for those who ask.
import { ENODEV, SyscallError } from '../errno.ts';
import { linkRequest } from './codec.ts';
import { type LinkEvent, readLink } from './link-message.ts';
import type { MonitorSpec } from './monitor-spec.ts';
import { request } from './query.ts';
import type { Receiver } from './socket.ts';

/** Between two looks. For three interfaces they cost 0.9 % of a core, most of it for waking up (tried). */
export const CARRIER_LOOK_MS = 50;

export class CarrierWatch {
  readonly #fd: number;
  readonly #receiver: Receiver;
  readonly #requests: readonly { readonly name: string; readonly asked: ReturnType<typeof linkRequest> }[];
  readonly #known = new Map<string, boolean | undefined>();

  constructor({ askFd, carrierOf }: MonitorSpec, receiver: Receiver) {
    this.#fd = askFd;
    this.#receiver = receiver;
    this.#requests = carrierOf.map((name) => ({ name, asked: linkRequest(name) }));
    this.look();
  }

  /** The interfaces whose carrier is another than at the last look. */
  look(): LinkEvent[] {
    return this.#requests.flatMap(({ name, asked }) => {
      const link = this.#ask(asked);
      const before = this.#known.get(name);
      this.#known.set(name, link?.hasCarrier);
      // One that came or went is told by the kernel at once.
      return link && before !== undefined && before !== link.hasCarrier ? [link] : [];
    });
  }

  #ask(asked: ReturnType<typeof linkRequest>): LinkEvent | undefined {
    try {
      return request(this.#fd, asked, readLink, this.#receiver);
    } catch (error) {
      if (error instanceof SyscallError && error.errno === ENODEV) return undefined;
      throw error;
    }
  }
}
