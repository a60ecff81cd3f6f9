// A request that has no reply yet: the connection on which it stands, and those on dead WANs on which it was said before.
//
// Over another WAN it is said by the name of the first, by which the server knows what it has done already.
import type { ClientHandshake } from '../../transport/handshake.ts';
import { NOBODY } from '../loop/conn.ts';
import type { Attempt } from './connect-race.ts';
import type { EarlyBytes } from './early-bytes.ts';
import { HelloLink } from './hello-link.ts';
import type { Route } from './router-opening-plan.ts';

interface LeftLink {
  readonly link: HelloLink;
  /** How much of the device's first bytes it was given. */
  readonly earlyBytes: number;
}

export class PendingRequest {
  /** What the device has said so far, for the target. */
  readonly early: EarlyBytes;
  /** Undefined while there is no connection. */
  link: HelloLink | undefined;
  /** How often it was said again over another WAN. */
  attempts = 0;
  private lastRoute: Route | undefined;
  private resumed: ClientHandshake | undefined;
  /** Open still: a reset of one could overtake the hello that takes its place, and its reply may come after all. */
  private readonly left: LeftLink[] = [];

  constructor(early: EarlyBytes) {
    this.early = early;
  }

  /** There is a connection for it. @param buffer holds nothing between two calls */
  standOn(attempt: Attempt, route: Route, buffer: Buffer): void {
    this.link = new HelloLink(attempt, buffer);
    this.lastRoute = route;
  }

  /** To the server of the connection. */
  get route(): Route {
    return this.lastRoute as Route;
  }

  get hasSaid(): boolean {
    return this.link?.hasSaid ?? false;
  }

  /** The hello leaves the device's first bytes out. */
  get holdsEarly(): boolean {
    return this.handshake.holdsEarly === true;
  }

  /** The hello, on a connection that has not got it. Like `add`: 0, or the errno of the connection, negative. */
  say(): number {
    return (this.link as HelloLink).say(this.handshake, this.early.all);
  }

  /** More of the device's first bytes, behind the hello. */
  add(fresh: Buffer): number {
    return this.holdsEarly ? 0 : (this.link as HelloLink).add(fresh);
  }

  /** Without a connection from here on, which is of no use. */
  drop(): void {
    this.link?.conn.reset();
    this.link = undefined;
  }

  /**
   * It goes on over the next connection; nobody listens to this one from here on. False, with nothing changed, when the
   * transport cannot or there were too many.
   */
  leave(): boolean {
    const link = this.link as HelloLink;
    const attempt = this.attempts + 1;
    const resumed = this.route.handshake.resume?.({ attempt, isAnswered: false, from: 0, received: 0 });
    if (!resumed) return false;
    this.attempts = attempt;
    this.resumed = resumed;
    link.conn.owner = NOBODY;
    this.left.push({ link, earlyBytes: this.early.all.length });
    this.link = undefined;
    return true;
  }

  /**
   * Stands again on the connection on which something has come since it was left, else on the last one, and gives what that has
   * not got of the device's first bytes; undefined, with nothing changed, when all are lost.
   */
  back(): Buffer | undefined {
    const open = this.left.filter(({ link }) => !link.conn.broken);
    const back = open.findLast(({ link }) => link.conn.readable) ?? open.at(-1);
    if (!back) return undefined;
    this.left.splice(this.left.indexOf(back), 1);
    this.link?.conn.reset();
    this.link = back.link;
    return this.early.all.subarray(back.earlyBytes);
  }

  /** Closes those that were left. */
  closeLeft(): void {
    for (const { link } of this.left.splice(0)) link.conn.reset();
  }

  private get handshake(): ClientHandshake {
    return this.resumed ?? this.route.handshake;
  }
}
