// Has each path probed on time, and tells what became of it.
import { sameAddress } from '../../base/address.ts';
import { InterfaceCounters } from '../../linux/interface-counters.ts';
import type { Loop } from '../../relay/loop/loop.ts';
import { type Families, sameFamilies } from '../../transport/handshake.ts';
import { protocolText } from '../../transport/server-client.ts';
import { PipelineTrials } from '../tries/pipeline-trials.ts';
import { type PathMeasurement, type ProbePath, sameProbePath } from './probe-path.ts';
import { ProbedPath } from './probed-path.ts';
import type { FromProber } from '../watch/watch-spec.ts';

// How exactly probes are sent and found missing: often while something goes on, seldom while all is calm.
const BUSY_TICK_MS = 25;
const CALM_TICK_MS = 200;
// A round that comes later than this after its time shows a machine that is short of CPU, or was suspended.
const HELD_UP_MS = 50;
// To the main thread: soon enough to see a queue build up, or to keep the status fresh.
const BUSY_MEASUREMENTS_MS = 250;
const CALM_MEASUREMENTS_MS = 1000;

export class Prober {
  private readonly loop: Loop;
  private readonly tell: (message: FromProber) => void;
  private readonly counters = new InterfaceCounters();
  private paths: ProbedPath[] = [];
  private tickedMs: number;
  /** Something has come that the next tick should not wait for. */
  private isTouched = false;
  private plannedMs = Number.POSITIVE_INFINITY;
  private toldAtMs = 0;
  private readonly families = new Map<string, Families>();
  /** To UDP probes, of all servers, by device. */
  private readonly answers = new Map<string, number>();
  private readonly pipelining: PipelineTrials;

  constructor(loop: Loop, tell: (message: FromProber) => void) {
    this.loop = loop;
    this.tell = tell;
    this.tickedMs = loop.nowMs;
    this.pipelining = new PipelineTrials(loop, (server, isTaken) =>
      tell({ kind: 'pipelining', server, isTaken }),
    );
  }

  /** How long the next round may wait at most, in milliseconds. */
  plan(): number {
    const nowMs = performance.now();
    const waitMs = this.isTouched ? 0 : Math.max(0, this.dueMs - nowMs);
    this.plannedMs = nowMs + waitMs;
    return waitMs;
  }

  /** Before the events of a round: the answers that it finds may have lain there for long. */
  onProgress(): void {
    const lateMs = this.loop.nowMs - this.plannedMs;
    if (lateMs >= HELD_UP_MS) this.plannedMs = Number.POSITIVE_INFINITY;
    this.heldUp(lateMs);
  }

  afterRound(): void {
    // What else the thread did in this round, such as a look at a carrier whose driver held it up.
    this.heldUp(performance.now() - this.loop.nowMs);
    if (!this.isTouched && this.loop.nowMs < this.dueMs) return;
    this.isTouched = false;
    this.tickedMs = this.loop.nowMs;
    this.tick(this.loop.nowMs);
  }

  /** A path that stays the same keeps what was learned of it. */
  setPaths(specs: readonly ProbePath[]): void {
    const before = this.paths;
    const servers = (of: readonly ProbePath[]): string =>
      [...new Set(of.map(({ server }) => server.label + protocolText(server.protocol)))].join();
    if (servers(specs) !== servers(before.map(({ spec }) => spec))) this.pipelining.forget();
    this.paths = specs.map(
      (spec) => before.find((path) => sameProbePath(path.spec, spec)) ?? this.newPath(spec),
    );
    for (const path of before) if (!this.paths.includes(path)) path.close();
    this.isTouched = true;
  }

  /** A flow got no answer in time: looks at once whether anybody does. */
  doubt(): void {
    for (const path of this.paths) path.hurry(this.loop.nowMs);
    this.isTouched = true;
  }

  /** A flow that began over this WAN is not MPTCP. */
  onPlain(wan: string): void {
    for (const path of this.paths) if (path.spec.wan === wan) path.onPlainFlow();
    this.isTouched = true;
  }

  close(): void {
    this.setPaths([]);
    this.counters.close();
  }

  private heldUp(lateMs: number): void {
    if (lateMs < HELD_UP_MS) return;
    for (const path of this.paths) path.onHeldUp(lateMs);
  }

  private get dueMs(): number {
    const isCalm = this.paths.every(
      ({ health, isBusy, isLearning }) => health === 'up' && !isBusy && !isLearning,
    );
    return this.tickedMs + (isCalm ? CALM_TICK_MS : BUSY_TICK_MS);
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
    this.tell({ kind: 'measurements', all: this.measurements() });
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
    this.tell({ kind: 'families', server, families });
  }

  private measurements(): PathMeasurement[] {
    return this.paths.map((path) => path.measurement());
  }

  private newPath(spec: ProbePath): ProbedPath {
    const { wan, device } = spec;
    const server = spec.server.label;
    return new ProbedPath(this.loop, spec, {
      onChange: (reason) => {
        this.isTouched = true;
        this.tell({ kind: 'change', wan, server, reason, all: this.measurements() });
      },
      onUdpReply: (families) => {
        this.isTouched = true;
        this.answers.set(device, (this.answers.get(device) ?? 0) + 1);
        this.tellFamilies(server, families);
      },
    });
  }
}
