// A flow on the router before it is established: the device is connected, its first bytes are read, and its upstream is opened.
import { errnoName } from '../../linux/errno.ts';
import type { FailureReason } from '../../transport/failure.ts';
import { startCarriedFlow } from './carried-flow.ts';
import { Conn, type ConnOwner } from '../loop/conn.ts';
import { EarlyBytes } from './early-bytes.ts';
import { PendingRequest } from './pending-request.ts';
import type { EstablishedReply } from './reply-reader.ts';
import type { RouterOpeningPlan } from './router-opening-plan.ts';
import type { RouterPolicy } from './router-policy.ts';
import { UNLISTED } from '../roster.ts';
import { Timer } from '../loop/timers.ts';
import { UpstreamOpening, type UpstreamOwner } from './upstream-opening.ts';
import type { Opening, WorkerContext } from '../worker-context.ts';

const NOTHING: Buffer = Buffer.alloc(0);
// The target was not connected to: whoever dials it says so.
const BEFORE_ANY_BYTE: ReadonlySet<FailureReason> = new Set([
  'refused-by-target',
  'unreachable',
  'timeout',
  'egress-denied',
  'unsupported',
]);
const REFUSED_BLINDLY =
  'the server ended it without a byte: the target refuses, or method or password are not those of the server';

export class RouterOpening implements ConnOwner, Opening, UpstreamOwner {
  rosterPlace = UNLISTED;
  private readonly context: WorkerContext;
  private readonly plan: RouterOpeningPlan;
  private readonly client: Conn;
  private readonly request: PendingRequest;
  private readonly upstream: UpstreamOpening;
  private readonly startedMs: number;
  private isDone = false;
  private readonly earlyWait = new Timer(() => this.upstream.say());

  /** False when there is no fd for an upstream: nothing was started and the caller keeps `clientFd`. */
  static open(context: WorkerContext, plan: RouterOpeningPlan, clientFd: number): boolean {
    const client = Conn.watch(context.loop, clientFd, false);
    if (!client) return false;
    if (RouterOpening.take(context, plan, client, NOTHING)) return true;
    client.release();
    return false;
  }

  /**
   * The same with a connection that is watched already; when false, it is still the caller's.
   *
   * @param first what was read of it
   */
  static take(context: WorkerContext, plan: RouterOpeningPlan, client: Conn, first: Buffer): boolean {
    const opening = new RouterOpening(context, plan, client, first);
    context.openings.add(opening);
    if (opening.upstream.begin() === 'started') return true;
    context.openings.delete(opening);
    return false;
  }

  private constructor(context: WorkerContext, plan: RouterOpeningPlan, client: Conn, first: Buffer) {
    this.context = context;
    this.plan = plan;
    this.startedMs = context.loop.nowMs;
    this.client = client;
    this.request = new PendingRequest(new EarlyBytes(client, context.buffer, first));
    this.upstream = new UpstreamOpening(context, plan, this.request, this);
    client.owner = this;
  }

  abort(): void {
    this.end(undefined, '');
  }

  onPolicy(policy: RouterPolicy): void {
    this.upstream.onPolicy(policy);
  }

  onReady(): void {
    if (this.isDone) return;
    if (this.client.broken) {
      this.end('client-gone', 'the device reset the connection before it was established');
      return;
    }
    if (!this.request.link) return;
    const fresh = this.takeEarly();
    if (this.isDone || fresh.length === 0) return;
    if (this.request.hasSaid) this.upstream.add(fresh);
    else this.say();
  }

  onConnected(): void {
    this.takeEarly();
    if (this.isDone) return;
    const { loop } = this.context;
    const { earlyDataWaitMs } = this.plan.settings;
    const waitedMs = loop.nowMs - this.startedMs;
    const mayWait = this.request.early.all.length === 0 && !this.client.ended && waitedMs < earlyDataWaitMs;
    if (mayWait) loop.timers.arm(this.earlyWait, earlyDataWaitMs, loop.nowMs);
    else this.say();
  }

  onEstablished({ rest, codec }: EstablishedReply): void {
    const { context, plan, client, request } = this;
    const own = plan.front?.accepted();
    const wan = request.link?.candidate.wan;
    this.finish();
    startCarriedFlow(context, {
      client,
      request,
      plan,
      received: own ? Buffer.concat([own, rest]) : rest,
      ownBytes: own?.length ?? 0,
      codec,
      onRefused: () => this.fail('refused-by-target', REFUSED_BLINDLY, wan),
    });
  }

  onFailed(reason: FailureReason, detail: string): void {
    this.end(reason, detail);
  }

  private say(): void {
    this.context.loop.timers.clear(this.earlyWait);
    this.upstream.say();
  }

  /** What is new of them. */
  private takeEarly(): Buffer {
    const taken = this.request.early.take();
    if (typeof taken !== 'number') return taken;
    this.end('client-gone', `the device's connection failed: ${errnoName(-taken)}`);
    return NOTHING;
  }

  private end(reason: FailureReason | undefined, detail: string): void {
    if (this.isDone) return;
    this.finish();
    this.upstream.close();
    if (reason) this.fail(reason, detail, this.request.link?.candidate.wan);
    const { front } = this.plan;
    if (front && reason && reason !== 'client-gone') {
      // Who moved may have been served over the path that is lost.
      const isUnserved = this.request.attempts === 0 && BEFORE_ANY_BYTE.has(reason);
      return front.refused(reason, isUnserved ? this.request.early.all : undefined);
    }
    this.client.reset();
    this.context.onFlowEnd();
  }

  private fail(reason: FailureReason, detail: string, wan: string | undefined): void {
    const via = wan === undefined ? '' : ` over ${wan}`;
    this.context.fail(reason, `${this.context.nameTarget(this.plan.target)}${via}: ${detail}`);
  }

  private finish(): void {
    this.isDone = true;
    this.context.openings.delete(this);
    this.context.loop.timers.clear(this.earlyWait);
  }
}
