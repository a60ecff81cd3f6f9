// Connections to the server that are open ahead of need, proved and joined over the other WANs: a flow that begins on one
// says its hello and first bytes at once.
//
// An idle connection has one subflow until data was acknowledged; the exchange that proves it provides that.
import { sameAddress } from '../../base/address.ts';
import type { Attempt } from './connect-race.ts';
import type { Conn, ConnOwner } from '../loop/conn.ts';
import { IdleShare } from '../loop/idle-share.ts';
import type { Candidate, WanPolicy } from './router-policy.ts';
import { Timer } from '../loop/timers.ts';
import { Demand } from './warm-demand.ts';
import { Warming, type WarmServer, type WarmSettings } from './warming.ts';
import type { WorkerContext } from '../worker-context.ts';

// Under the two minutes for which the server keeps them.
const KEPT_MS = 60_000;
const LOOK_MS = 2000;
// After a failure: the server may be gone, or have as many as it takes.
const PAUSE_MS = 10_000;
// Each costs about as much as a flow: a worker that has less time left makes flows wait longer than the round trip they are
// spared. The waits of a busy machine count as idle too, so it is more than it seems.
const LEAST_IDLE = 0.6;

interface Idle extends Attempt {
  readonly sinceMs: number;
}

export class WarmPool implements ConnOwner {
  private readonly context: WorkerContext;
  private readonly demand = new Demand();
  private settings: WarmSettings;
  private server: WarmServer | undefined;
  private wans: readonly WanPolicy[] = [];
  private idle: Idle[] = [];
  private readonly making = new Set<Warming>();
  private pausedUntilMs = 0;
  private readonly hasTime: () => boolean;
  private isClosed = false;
  private readonly look = new Timer(() => this.onLook());

  /** @param hasTime whether the worker has time to make some now: where it is short, flows come first */
  constructor(context: WorkerContext, settings: WarmSettings, hasTime = idleEnough(context)) {
    this.context = context;
    this.settings = settings;
    this.hasTime = hasTime;
  }

  configure(settings: WarmSettings): void {
    this.settings = settings;
    this.fill();
  }

  /** Another server, or other WANs: those that began on a path that is no candidate any more are made anew. */
  update(server: WarmServer | undefined, wans: readonly WanPolicy[]): void {
    if (this.isClosed) return;
    const isSame = server?.label === this.server?.label && server?.transport === this.server?.transport;
    this.server = server;
    this.wans = wans;
    if (!isSame) {
      this.drop(() => true);
      for (const one of this.making) one.close();
      this.pausedUntilMs = 0;
    }
    this.drop(({ candidate }) => !isStillCandidate(candidate, server, wans));
    this.fill();
  }

  /** A flow begins: one that it can begin on, which is the caller's from here on. */
  take(): Attempt | undefined {
    this.demand.note(this.context.loop.nowMs);
    const taken = this.idle.shift();
    this.fill();
    return taken;
  }

  get size(): number {
    return this.idle.length;
  }

  /** The server has closed one, or says something that nobody asked for. */
  onReady(conn: Conn): void {
    if (conn.ended || conn.broken || conn.readable) this.drop((one) => one.conn === conn);
  }

  /** For good. */
  close(): void {
    this.isClosed = true;
    this.server = undefined;
    this.drop(() => true);
    for (const one of this.making) one.close();
    this.context.loop.timers.clear(this.look);
  }

  private fill(): void {
    const { loop } = this.context;
    const { server, settings } = this;
    const mayBeWarm = server?.transport.warm !== undefined && settings.most > 0;
    const isWanted = mayBeWarm && this.demand.isThere(loop.nowMs);
    // How many is worked out only where some can be made.
    if (server && isWanted && loop.nowMs >= this.pausedUntilMs && this.hasTime()) {
      const wanted = this.demand.wanted(loop.nowMs, settings.most);
      for (let missing = wanted - this.idle.length - this.making.size; missing > 0; missing--)
        this.make(server);
    }
    if (isWanted || this.idle.length + this.making.size > 0) loop.timers.arm(this.look, LOOK_MS, loop.nowMs);
  }

  private make(server: WarmServer): void {
    const startedMs = this.context.loop.nowMs;
    const warming = new Warming(this.context, server, this.settings, (made, why) => {
      this.making.delete(warming);
      if (!made) {
        this.pausedUntilMs = why === 'never' ? Number.POSITIVE_INFINITY : this.context.loop.nowMs + PAUSE_MS;
        return;
      }
      const sinceMs = this.context.loop.nowMs;
      this.demand.took(sinceMs - startedMs);
      // Its WAN may have gone meanwhile.
      if (!isStillCandidate(made.candidate, this.server, this.wans)) return made.conn.close();
      made.conn.owner = this;
      this.idle.push({ ...made, sinceMs });
      this.count();
      // An end that came with the answer is not told again.
      this.onReady(made.conn);
    });
    this.making.add(warming);
    warming.start();
  }

  private onLook(): void {
    const { nowMs } = this.context.loop;
    const spare = this.idle.length - this.demand.wanted(nowMs, this.settings.most);
    this.drop(({ sinceMs }, i) => i < spare || nowMs - sinceMs > KEPT_MS);
    this.fill();
  }

  private drop(isBad: (one: Idle, index: number) => boolean): void {
    const bad = this.idle.filter(isBad);
    this.idle = this.idle.filter((one) => !bad.includes(one));
    for (const { conn } of bad) conn.close();
    this.count();
  }

  private count(): void {
    this.context.counters.set('warmIdle', this.idle.length);
  }
}

function idleEnough({ loop }: WorkerContext): () => boolean {
  const idleShare = new IdleShare(loop.nowMs);
  return () => idleShare.at(loop.nowMs, loop.waitedMs) >= LEAST_IDLE;
}

/** Its WAN has the source address still, and the server the address that it leads to. */
function isStillCandidate(
  { wan, from, to }: Candidate,
  server: WarmServer | undefined,
  wans: readonly WanPolicy[],
): boolean {
  const isWan = wans.some(
    ({ name, isSilent, sources }) =>
      name === wan && !isSilent && sources.some((source) => sameAddress(source, from)),
  );
  return isWan && (server?.addresses.some(({ address }) => sameAddress(address, to.address)) ?? false);
}
