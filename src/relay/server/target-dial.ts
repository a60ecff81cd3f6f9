// The server's connection to a target: its name looked up, whether the policy allows it, and the wait for a file descriptor.
import { type Address, familyOf, type SocketAddress } from '../../base/address.ts';
import { ECONNREFUSED, ECONNRESET, errnoName, ETIMEDOUT } from '../../linux/errno.ts';
import { icmpCode } from '../../linux/icmp-code.ts';
import { close } from '../../linux/libc.ts';
import { connectResult } from '../../linux/sockets.ts';
import { NO_SPARE_FD } from '../../linux/spare-fd.ts';
import type { FailureReason } from '../../transport/failure.ts';
import type { RemoteLeg } from '../../transport/handshake.ts';
import type { NamedTarget } from '../../transport/socks-address.ts';
import { isStarvation } from '../acceptor.ts';
import { Conn, type ConnOwner } from '../loop/conn.ts';
import { decideEgress, type EgressPolicy, type EgressRequest } from './egress.ts';
import { Timer } from '../loop/timers.ts';
import type { WorkerContext } from '../worker-context.ts';

// The number of the spare fd may be taken by another thread before the dial gets it; it comes back when a flow ends.
const REDIAL_MS = 50;

export interface DialRequest extends EgressRequest {
  readonly target: NamedTarget;
  readonly remoteLeg?: RemoteLeg;
}

export interface DialHandlers {
  /** The connection is the caller's from here on. */
  onConnect(target: Conn): void;
  /** `code`: of the ICMP message, when it was one and is known. */
  onRefused(reason: FailureReason, why: string, code?: number): void;
}

export class TargetDial implements ConnOwner {
  private readonly context: WorkerContext;
  private readonly egress: EgressPolicy;
  private readonly request: DialRequest;
  private readonly handlers: DialHandlers;
  /** The one that is tried first, and those to try after it. */
  private addresses: readonly SocketAddress[] = [];
  private spareFd = NO_SPARE_FD;
  private target: Conn | undefined;
  private isClosed = false;
  /** It waits for a file descriptor. */
  isStarved = false;
  private readonly redial = new Timer(() => this.dial());

  constructor(context: WorkerContext, egress: EgressPolicy, request: DialRequest, handlers: DialHandlers) {
    this.context = context;
    this.egress = egress;
    this.request = request;
    this.handlers = handlers;
  }

  /** @param spareFd keeps a number free for the socket; the dial's from here on */
  begin(spareFd: number): void {
    this.spareFd = spareFd;
    const { target } = this.request;
    if ('address' in target) {
      this.addresses = [target];
      this.dial();
    } else this.context.resolve(target.name, (found) => this.onResolved(found, target.port));
  }

  onReady(target: Conn): void {
    if (target !== this.target || !target.writable) return;
    const errno = target.hasFailed ? connectResult(target.fd) : 0;
    if (errno === 0 && !target.broken) {
      this.target = undefined;
      this.handlers.onConnect(target);
    } else this.failed(errno);
  }

  /** Gives it up; safe to call twice. */
  close(): void {
    this.isClosed = true;
    this.context.loop.timers.clear(this.redial);
    this.giveSpare();
    this.target?.reset();
    this.target = undefined;
  }

  private onResolved(found: readonly Address[], port: number): void {
    if (this.isClosed) return;
    this.addresses = found.map((address) => ({ address, port }));
    if (found.length === 0) this.handlers.onRefused('unreachable', 'its name has no address');
    else this.dial();
  }

  private dial(): void {
    const { loop } = this.context;
    const to = this.addresses[0] as SocketAddress;
    const own = this.context.sourceTowards(to);
    if (typeof own === 'number' && isStarvation(own)) return this.starve();
    const from = typeof own === 'number' ? undefined : own;
    const { inPath, remoteLeg } = this.request;
    const decision = decideEgress(this.egress, this.request, to, from);
    if (decision === 'denied')
      return this.refused('egress-denied', 'the egress policy does not allow this target');
    if (decision === 'no-family')
      return this.refused('unreachable', 'the server has no route of this address family');
    const target = Conn.connect(loop, {
      to,
      mptcp: remoteLeg?.isMultipath ?? false,
      from: inPath?.source,
      isForeign: inPath?.source !== undefined,
      device: undefined,
      congestion: undefined,
    });
    if (target instanceof Conn) {
      this.isStarved = false;
      target.owner = this;
      this.target = target;
      this.giveSpare();
    } else if (isStarvation(target)) this.starve();
    else this.failed(target);
  }

  /** Now its number is wanted, else it is waited for one. */
  private starve(): void {
    const { loop } = this.context;
    if (this.spareFd !== NO_SPARE_FD) {
      close(this.spareFd);
      this.spareFd = NO_SPARE_FD;
      return this.dial();
    }
    this.isStarved = true;
    loop.timers.arm(this.redial, REDIAL_MS, loop.nowMs);
  }

  private failed(errno: number): void {
    const { address } = this.addresses[0] as SocketAddress;
    this.refused(reasonOf(errno), errnoName(errno), icmpCode(errno, familyOf(address)));
  }

  /** On to the next address of the name, while there is one. */
  private refused(reason: FailureReason, why: string, code?: number): void {
    this.target?.reset();
    this.target = undefined;
    this.addresses = this.addresses.slice(1);
    if (this.addresses.length > 0) this.dial();
    else this.handlers.onRefused(reason, why, code);
  }

  private giveSpare(): void {
    this.context.spares.give(this.spareFd);
    this.spareFd = NO_SPARE_FD;
  }
}

function reasonOf(errno: number): FailureReason {
  if (errno === ECONNREFUSED || errno === ECONNRESET) return 'refused-by-target';
  if (errno === ETIMEDOUT) return 'timeout';
  return 'unreachable';
}
