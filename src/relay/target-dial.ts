// The server's connection to a target: whether the policy allows it, and the wait for a file descriptor.
import { familyOf, type SocketAddress } from '../base/address.ts';
import { ECONNREFUSED, ECONNRESET, errnoName, ETIMEDOUT } from '../linux/errno.ts';
import { icmpCode } from '../linux/icmp-code.ts';
import { close } from '../linux/libc.ts';
import { connectResult, sourceTowards } from '../linux/sockets.ts';
import type { FailureReason } from '../transport/failure.ts';
import type { DialStep } from '../transport/handshake.ts';
import { isStarvation } from './acceptor.ts';
import { Conn, type ConnOwner } from './conn.ts';
import { decideEgress, type EgressPolicy } from './egress.ts';
import type { Loop } from './loop.ts';
import { Timer } from './timers.ts';

// The number of the spare fd may be taken by another thread before the dial gets it; it comes back when a flow ends.
const REDIAL_MS = 50;

export interface DialHandlers {
  /** The connection is the caller's from here on. */
  onConnect(target: Conn): void;
  /** `code`: of the ICMP message, when it was one and is known. */
  onRefused(reason: FailureReason, why: string, code?: number): void;
}

/** What of a request the dial needs. */
export type DialRequest = Pick<DialStep, 'keyId' | 'target' | 'syn'>;

export class TargetDial implements ConnOwner {
  private readonly loop: Loop;
  private readonly egress: EgressPolicy;
  private readonly to: SocketAddress;
  private readonly keyId: number | undefined;
  private readonly mptcp: boolean;
  private readonly handlers: DialHandlers;
  private spareFd: number;
  private target: Conn | undefined;
  private readonly redial = new Timer(() => this.begin());

  /** @param spareFd keeps a number free for the socket; closed by the dial */
  constructor(
    loop: Loop,
    egress: EgressPolicy,
    request: DialRequest,
    spareFd: number,
    handlers: DialHandlers,
  ) {
    this.loop = loop;
    this.egress = egress;
    this.keyId = request.keyId;
    this.to = request.target;
    this.mptcp = request.syn?.mptcp ?? false;
    this.spareFd = spareFd;
    this.handlers = handlers;
  }

  /** False while it waits for a file descriptor. */
  get hasSocket(): boolean {
    return this.target !== undefined;
  }

  begin(): void {
    this.closeSpare();
    const { loop, to } = this;
    const source = sourceTowards(to);
    if (typeof source === 'number' && isStarvation(source)) {
      loop.timers.arm(this.redial, REDIAL_MS, loop.nowMs);
      return;
    }
    const decision = decideEgress(
      this.egress,
      this.keyId,
      to,
      typeof source === 'number' ? undefined : source,
    );
    if (decision === 'denied') {
      this.handlers.onRefused('egress-denied', 'the egress policy does not allow this target');
      return;
    }
    if (decision === 'no-family') {
      this.handlers.onRefused('unreachable', 'the server has no route of this address family');
      return;
    }
    const target = Conn.connect(loop, {
      to,
      mptcp: this.mptcp,
      from: undefined,
      device: undefined,
      congestion: undefined,
    });
    if (target instanceof Conn) {
      target.owner = this;
      this.target = target;
    } else if (isStarvation(target)) loop.timers.arm(this.redial, REDIAL_MS, loop.nowMs);
    else this.refused(target);
  }

  onReady(target: Conn): void {
    if (target !== this.target || !target.writable) return;
    const errno = connectResult(target.fd);
    if (errno === 0 && !target.broken) {
      this.target = undefined;
      this.handlers.onConnect(target);
    } else this.refused(errno);
  }

  private refused(errno: number): void {
    this.handlers.onRefused(reasonOf(errno), errnoName(errno), icmpCode(errno, familyOf(this.to.address)));
  }

  /** Gives it up; safe to call twice. */
  close(): void {
    this.loop.timers.clear(this.redial);
    this.closeSpare();
    this.target?.reset();
    this.target = undefined;
  }

  private closeSpare(): void {
    if (this.spareFd < 0) return;
    close(this.spareFd);
    this.spareFd = -1;
  }
}

function reasonOf(errno: number): FailureReason {
  if (errno === ECONNREFUSED || errno === ECONNRESET) return 'refused-by-target';
  if (errno === ETIMEDOUT) return 'timeout';
  return 'unreachable';
}
