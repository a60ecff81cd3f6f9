// Entry of a relay worker thread: the loop, what it serves, and the heartbeat that proves it alive.
import { workerData } from 'node:worker_threads';
import { type Address, formatSocketAddress, type SocketAddress } from '../base/address.ts';
import { letCompile } from '../base/compilers.ts';
import { heartOf } from '../base/heartbeat.ts';
import { openListener, sourceTowards } from '../linux/sockets.ts';
import { threadCpu } from '../linux/thread-cpu.ts';
import type { FailureReason } from '../transport/failure.ts';
import type { NamedTarget } from '../transport/socks-address.ts';
import { type Accepted, Acceptor } from './acceptor.ts';
import { Counters } from './counters.ts';
import type { Flow } from './flow/flow.ts';
import { FullTransfers } from './flow/full-transfers.ts';
import { BUFFER_BYTES, SEALED_BYTES } from './flow/half-pipe.ts';
import { Loop } from './loop/loop.ts';
import { MainPort } from './loop/main-port.ts';
import { PipePool } from './flow/pipe-pool.ts';
import { RecentSources } from './server/recent-sources.ts';
import { type Arrival, Resumables } from './server/resumables.ts';
import { RouterAccept } from './router/router-role.ts';
import { type CopyBudget, WORKER_COPY_BYTES } from './flow/sent-copy.ts';
import { ServerAccept } from './server/server-role.ts';
import { Roster } from './roster.ts';
import { SpareFds } from './spare-fds.ts';
import type { Opening, WorkerContext } from './worker-context.ts';
import { WorkerNews } from './worker-news.ts';
import type { FromWorker, RunningSettings, ToWorker, WorkerSpec } from './worker-spec.ts';

// A thread that sits in a system call can be neither ended nor inspected: it returns to Node's own loop this often.
const TURN_MS = 1000;
// A bulk flow that moved nothing for this long gives its pipes back.
const REST_AFTER_MS = 2000;
const BACKLOG = 4096;

class Worker implements WorkerContext {
  readonly loop: Loop;
  readonly buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly sealed = Buffer.allocUnsafeSlow(SEALED_BYTES);
  readonly pipes: PipePool;
  readonly spares = new SpareFds();
  readonly fullTransfers = new FullTransfers();
  readonly counters: Counters;
  readonly news: WorkerNews;
  readonly flows = new Roster<Flow>();
  readonly openings = new Roster<Opening>();
  readonly warm = new Roster<Opening>();
  readonly copies: CopyBudget = { leftBytes: WORKER_COPY_BYTES };
  readonly resumables = new Resumables();
  private readonly sources = new RecentSources(sourceTowards);
  private readonly spec: WorkerSpec;
  private readonly acceptor: Acceptor;
  private readonly role: RouterAccept | ServerAccept;
  private readonly port: MainPort<ToWorker, FromWorker>;
  private settings: RunningSettings;
  private maxFlows = 0;
  private readonly lookups = new Map<number, (addresses: readonly Address[]) => void>();
  private lookupId = 0;
  /** By the fd of the listener, what is spoken there. */
  private readonly spoken = new Map<number, number>();
  private isStopped = false;

  constructor(spec: WorkerSpec) {
    this.spec = spec;
    // Beats between two flows, not only between two rounds: on a slow machine a round of many full flows takes seconds.
    this.loop = new Loop(heartOf(spec.heartbeat));
    this.counters = new Counters(spec.counterMemory, spec.index);
    this.news = new WorkerNews(this.loop, (message) => this.port.post(message));
    this.pipes = new PipePool(spec.settings.pipeBytes);
    this.settings = spec.settings;
    this.configure(spec.settings);
    this.role =
      spec.role.kind === 'router'
        ? new RouterAccept(this, spec.role)
        : new ServerAccept(this, spec.role, spec.index);
    this.acceptor = new Acceptor(this.loop, {
      onAccept: (accepted) => this.onAccept(accepted),
      wantsPeer: spec.role.kind === 'server',
      isFull: () => this.flows.size + this.openings.size >= this.maxFlows,
      onPause: (why) => this.onPause(why),
      onResume: () => this.news.log('info', 'accept-resumed', 'accepting connections again'),
    });
    this.port = new MainPort(this.loop, spec.wakeFd, (message) => this.onMessage(message));
    for (const listen of spec.listens) {
      const fd = openListener({ ...listen, backlog: BACKLOG });
      this.spoken.set(fd, listen.protocol);
      this.acceptor.add(fd);
    }
    this.port.post({ kind: 'ready' });
  }

  /** Runs for about a second, then lets Node's own loop have a turn. */
  turn(): void {
    const endMs = performance.now() + TURN_MS;
    for (let leftMs = TURN_MS; leftMs > 0 && !this.isStopped; leftMs = endMs - performance.now()) {
      this.loop.round(leftMs);
      this.counters.set('flowsOpen', this.flows.size + this.openings.size);
    }
    if (this.isStopped) return;
    this.sweep();
    setImmediate(() => this.turn());
  }

  get bufferMaxBytes(): number {
    return this.settings.bufferMaxBytes;
  }

  get congestionForLoss(): string | undefined {
    return this.role.congestionForLoss;
  }

  onFlowEnd(): void {
    this.acceptor.resume();
  }

  fail(reason: FailureReason, detail: string): void {
    this.counters.fail(reason);
    this.news.log('warn', reason, detail);
  }

  nameTarget(target: NamedTarget): string {
    if (!this.settings.logTargets) return 'a target';
    return 'address' in target ? formatSocketAddress(target) : `${printable(target.name)}:${target.port}`;
  }

  sourceTowards(to: SocketAddress): Address | number {
    return this.sources.towards(to, this.loop.nowMs);
  }

  resolve(name: string, onAnswer: (addresses: readonly Address[]) => void): void {
    const id = this.lookupId++;
    this.lookups.set(id, onAnswer);
    this.port.post({ kind: 'resolve', worker: this.spec.index, id, name });
  }

  handOver(worker: number, arrival: Arrival): void {
    if (worker !== this.spec.index) this.port.post({ kind: 'hand-over', worker, arrival });
    else if (this.role instanceof ServerAccept) this.role.takeUp(arrival);
  }

  private onAccept(accepted: Accepted): boolean {
    letCompile();
    if (!this.role.accept(accepted, this.spoken.get(accepted.listener) ?? 0)) {
      this.freeFds();
      return false;
    }
    this.counters.add('flowsOpened', 1);
    return true;
  }

  private onPause(why: string): void {
    this.counters.add('acceptPauses', 1);
    this.freeFds();
    this.news.log('warn', 'accept-paused', `not accepting connections for now: ${why}`);
  }

  /** Those of idle pipes, and those that are kept in store, serve flows better. */
  private freeFds(): void {
    this.pipes.shrink();
    this.spares.shrink();
  }

  private onMessage(message: ToWorker): void {
    if (message.kind === 'policy' && this.role instanceof RouterAccept) this.role.update(message.policy);
    if (message.kind === 'egress' && this.role instanceof ServerAccept) this.role.update(message.egress);
    if (message.kind === 'opening' && this.role instanceof RouterAccept) this.role.configure(message.opening);
    if (message.kind === 'admission' && this.role instanceof ServerAccept)
      this.role.configure(message.admission);
    if (message.kind === 'arrival' && this.role instanceof ServerAccept) this.role.takeUp(message.arrival);
    if (message.kind === 'resolved') this.onResolved(message);
    if (message.kind === 'settings') this.configure(message.settings);
    if (message.kind === 'drain') this.drain(message.closeListeners);
    if (message.kind === 'stop') this.stop();
  }

  private onResolved({ id, addresses }: Extract<ToWorker, { kind: 'resolved' }>): void {
    const onAnswer = this.lookups.get(id);
    this.lookups.delete(id);
    onAnswer?.(addresses);
  }

  private configure(settings: RunningSettings): void {
    this.settings = settings;
    this.maxFlows = Math.ceil(settings.maxFlows / this.spec.settings.workers);
  }

  private drain(closeListeners: boolean): void {
    if (closeListeners) this.acceptor.close();
    for (const one of this.warm) one.abort();
    if (this.role instanceof RouterAccept) this.role.rest();
  }

  private sweep(): void {
    const now = this.loop.nowMs;
    const { idleTimeoutMs, halfOpenTimeoutMs } = this.settings;
    for (const flow of this.flows) {
      const limitMs = flow.isHalfOpen ? halfOpenTimeoutMs : idleTimeoutMs;
      if (now - flow.lastActiveMs > limitMs) flow.abort();
      else flow.sweep(now, REST_AFTER_MS);
    }
    this.spares.trim();
    this.news.flush();
    this.publish();
  }

  private publish(): void {
    const cpu = threadCpu();
    this.counters.set('pipesOpen', this.pipes.opened);
    this.counters.set('pipeRefusals', this.pipes.refusals);
    this.counters.set('fdsWatched', this.loop.size);
    this.counters.set('timersArmed', this.loop.timers.size);
    this.counters.set('cpuUserSeconds', cpu.userSeconds);
    this.counters.set('cpuSystemSeconds', cpu.systemSeconds);
  }

  private stop(): void {
    this.isStopped = true;
    this.acceptor.close();
    if (this.role instanceof RouterAccept) this.role.rest();
    for (const opening of [...this.openings, ...this.warm]) opening.abort();
    for (const flow of this.flows) flow.abort();
    this.freeFds();
    this.publish();
    this.port.close();
    this.loop.close();
  }
}

/** What a client sends as a name may hold anything. */
const printable = (name: string): string => name.replaceAll(/[^\x20-\x7e]/g, '?');

new Worker(workerData as WorkerSpec).turn();
