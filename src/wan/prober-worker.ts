// Entry of the prober thread: has each path probed on time, and tells the main thread what became of it.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { sameAddress } from '../base/address.ts';
import { InterfaceCounters } from '../linux/interface-counters.ts';
import { close, rawRead } from '../linux/libc.ts';
import { Loop } from '../relay/loop/loop.ts';
import { type Families, sameFamilies } from '../transport/handshake.ts';
import { protocolText } from '../transport/server-client.ts';
import { PipelineTrials } from './pipeline-trials.ts';
import { ProbedPath } from './probed-path.ts';
import {
  type FromProber,
  type PathMeasurement,
  type ProbePath,
  type ProberSpec,
  sameProbePath,
  type ToProber,
} from './prober-spec.ts';

// How exactly probes are sent and found missing: often while something goes on, seldom while all is calm.
const BUSY_TICK_MS = 25;
const CALM_TICK_MS = 200;
// A round that comes later than this after its time shows a machine that is short of CPU, or was suspended.
const HELD_UP_MS = 50;
// To the main thread: soon enough to see a queue build up, or to keep the status fresh.
const BUSY_MEASUREMENTS_MS = 250;
const CALM_MEASUREMENTS_MS = 1000;
const TURN_MS = 1000;

class Prober {
  private readonly loop = new Loop(() => this.onProgress());
  private readonly spec: ProberSpec;
  private readonly counters = new InterfaceCounters();
  private paths: ProbedPath[] = [];
  private plannedMs = Number.POSITIVE_INFINITY;
  private toldAtMs = 0;
  private isStopped = false;
  private readonly families = new Map<string, Families>();
  /** To UDP probes, of all servers, by device. */
  private readonly answers = new Map<string, number>();

  private readonly pipelining = new PipelineTrials(this.loop, (server, isTaken) =>
    post({ kind: 'pipelining', server, isTaken }),
  );

  constructor(spec: ProberSpec) {
    this.spec = spec;
    this.loop.watch(spec.wakeFd, { onEvents: () => this.onWake() });
  }

  /** Runs for about a second, then lets Node's own loop have a turn. */
  turn(): void {
    const endMs = performance.now() + TURN_MS;
    while (!this.isStopped && performance.now() < endMs) {
      const isCalm = this.paths.every(
        ({ health, isBusy, isLearning }) => health === 'up' && !isBusy && !isLearning,
      );
      const tickMs = isCalm ? CALM_TICK_MS : BUSY_TICK_MS;
      this.plannedMs = this.loop.nowMs + tickMs;
      this.loop.round(tickMs);
      if (!this.isStopped) this.tick(this.loop.nowMs);
    }
    if (!this.isStopped) setImmediate(() => this.turn());
  }

  /** Before the events of a round: the answers that it finds may have lain there for long. */
  private onProgress(): void {
    const lateMs = this.loop.nowMs - this.plannedMs;
    if (lateMs < HELD_UP_MS) return;
    this.plannedMs = Number.POSITIVE_INFINITY;
    for (const path of this.paths) path.onHeldUp(lateMs);
  }

  private tick(nowMs: number): void {
    const counts = this.counters.read();
    for (const path of this.paths) {
      const { device } = path.spec;
      // The answers of one server say nothing of another one's silence.
      path.tick(nowMs, (counts.get(device)?.rxPackets ?? 0) - (this.answers.get(device) ?? 0));
    }
    this.tryMptcp(nowMs);
    this.pipelining.tick(this.paths);
    const isBusy = this.paths.some((path) => path.isBusy);
    if (nowMs - this.toldAtMs < (isBusy ? BUSY_MEASUREMENTS_MS : CALM_MEASUREMENTS_MS)) return;
    this.toldAtMs = nowMs;
    post({ kind: 'measurements', all: this.measurements() });
  }

  /** One after the other: no hurry, and a burst of handshakes would hold up the probes. */
  private tryMptcp(nowMs: number): void {
    if (this.paths.some(({ isTrying }) => isTrying)) return;
    const path = this.paths.find((one) => one.isTryDue(nowMs));
    path?.tryMptcp(this.firstFor(path.spec));
  }

  /** Where the connection begins that `path` tries to join: on another WAN if one is known to keep MPTCP. */
  private firstFor(path: ProbePath): ProbePath {
    const other = this.paths.find(
      ({ spec, health, mptcp }) =>
        spec.device !== path.device &&
        spec.to.port === path.to.port &&
        sameAddress(spec.to.address, path.to.address) &&
        health === 'up' &&
        mptcp?.capable === 'kept',
    );
    return other?.spec ?? path;
  }

  private tellFamilies(server: string, families: Families | undefined): void {
    const known = this.families.get(server);
    if (!families || (known && sameFamilies(families, known))) return;
    this.families.set(server, families);
    post({ kind: 'families', server, families });
  }

  private measurements(): PathMeasurement[] {
    return this.paths.map((path) => path.measurement());
  }

  /** A path that stays the same keeps what was learned of it. */
  private setPaths(specs: readonly ProbePath[]): void {
    const before = this.paths;
    const servers = (of: readonly ProbePath[]): string =>
      [...new Set(of.map(({ server }) => server.label + protocolText(server.protocol)))].join();
    if (servers(specs) !== servers(before.map(({ spec }) => spec))) this.pipelining.forget();
    this.paths = specs.map(
      (spec) => before.find((path) => sameProbePath(path.spec, spec)) ?? this.newPath(spec),
    );
    for (const path of before) if (!this.paths.includes(path)) path.close();
  }

  private newPath(spec: ProbePath): ProbedPath {
    const { wan, device } = spec;
    const server = spec.server.label;
    return new ProbedPath(this.loop, spec, {
      onChange: (reason) => post({ kind: 'change', wan, server, reason, all: this.measurements() }),
      onUdpReply: (families) => {
        this.answers.set(device, (this.answers.get(device) ?? 0) + 1);
        this.tellFamilies(server, families);
      },
    });
  }

  private onWake(): void {
    rawRead(this.spec.wakeFd, Buffer.alloc(8), 8);
    for (;;) {
      const received = parentPort ? receiveMessageOnPort(parentPort) : undefined;
      if (!received) return;
      const message = received.message as ToProber;
      if (message.kind === 'paths') this.setPaths(message.paths);
      else if (message.kind === 'doubt') for (const path of this.paths) path.hurry(this.loop.nowMs);
      else if (message.kind === 'plain') this.onPlain(message.wan);
      else this.stop();
    }
  }

  private onPlain(wan: string): void {
    for (const path of this.paths) if (path.spec.wan === wan) path.onPlainFlow();
  }

  private stop(): void {
    this.isStopped = true;
    this.setPaths([]);
    this.counters.close();
    this.loop.forget(this.spec.wakeFd);
    this.loop.close();
    close(this.spec.wakeFd);
  }
}

function post(message: FromProber): void {
  parentPort?.postMessage(message);
}

new Prober(workerData as ProberSpec).turn();
