// A request that is said again over another WAN before its reply has come: by the name of the first, by which the server
// knows what it has done already.
import type { ClientHandshake } from '../../transport/handshake.ts';
import { NOBODY } from '../loop/conn.ts';
import type { HelloLink } from './hello-link.ts';

/** A connection on a dead WAN, on which the request was said. */
export interface LeftLink {
  readonly link: HelloLink;
  /** How much of the device's first bytes it was given. */
  readonly earlyBytes: number;
}

export class RequestMoves {
  /** How often the request was said again. */
  count = 0;
  private handshake: ClientHandshake | undefined;
  /** Open still: a reset of one could overtake the hello that takes its place, and its reply may come after all. */
  private readonly left: LeftLink[] = [];

  /** The handshake for the next connection. @param first of the request */
  handshakeAfter(first: ClientHandshake): ClientHandshake {
    return this.handshake ?? first;
  }

  /**
   * The next connection goes on with what was said on `link`, which nobody listens to from here on. False, with nothing
   * changed, when the transport cannot or there were too many.
   */
  leave(left: LeftLink, first: ClientHandshake): boolean {
    const handshake = first.resume?.({ attempt: this.count + 1, isAnswered: false, from: 0, received: 0 });
    if (!handshake) return false;
    this.count++;
    this.handshake = handshake;
    left.link.conn.owner = NOBODY;
    this.left.push(left);
    return true;
  }

  /** The connection on which something has come since it was left, else the last one; undefined when all are lost. */
  back(): LeftLink | undefined {
    const open = this.left.filter(({ link }) => !link.conn.broken);
    const back = open.findLast(({ link }) => link.conn.readable) ?? open.at(-1);
    if (back) this.left.splice(this.left.indexOf(back), 1);
    return back;
  }

  close(): void {
    for (const { link } of this.left.splice(0)) link.conn.reset();
  }
}
