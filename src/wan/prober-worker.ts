// Entry of the prober thread: sends each WAN's probes on time, and tells the main thread what became of them.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { SocketAddress } from '../base/address.ts';
import { InterfaceCounters } from '../linux/interface-counters.ts';
import { ECONNREFUSED } from '../linux/errno.ts';
import { close, errno, rawRead, rawRecv, rawSend } from '../linux/libc.ts';
import { openPinnedUdp } from '../linux/udp.ts';
import { Loop } from '../relay/loop.ts';
import { type Families, sameFamilies } from '../transport/handshake.ts';
import { createProbeClient, PROBE_BYTES, type ProbeClient } from '../transport/probe.ts';
import { type HealthChange, ProbeState } from './probe-state.ts';
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
// A WAN that received this many packets in a second carries traffic.
const BUSY_PACKETS_PER_S = 20;
// To the main thread: soon enough to see a queue build up, or to keep the status fresh.
const BUSY_MEASUREMENTS_MS = 250;
const CALM_MEASUREMENTS_MS = 1000;
const TURN_MS = 1000;
const MSG_DONTWAIT = 0x40;

class Path {
  readonly spec: ProbePath;
  readonly state = new ProbeState();
  readonly client: ProbeClient;
  fd = -1;
  hasAnswered = false;
  seenAs: SocketAddress | undefined;
  rxPackets = 0;
  isBusy = false;
  private rxAtMs = 0;
  private rxBefore = 0;

  constructor(spec: ProbePath) {
    this.spec = spec;
    const { serverId, keyId, key } = spec.server;
    this.client = createProbeClient(serverId, { id: keyId, psk: key });
  }

  count(rxPackets: number, nowMs: number): void {
    this.rxPackets = rxPackets;
    if (nowMs - this.rxAtMs < 1000) return;
    const perSecond = ((rxPackets - this.rxBefore) * 1000) / Math.max(1, nowMs - this.rxAtMs);
    this.isBusy = this.rxAtMs > 0 && perSecond >= BUSY_PACKETS_PER_S;
    this.rxAtMs = nowMs;
    this.rxBefore = rxPackets;
  }

  measurement(): PathMeasurement {
    const { wan, server } = this.spec;
    const { health, lossRatio, lossProbes } = this.state;
    const { rttMs, minRttMs, baseRttMs, recentRttMs, rttDeviationMs } = this.state;
    const { hasAnswered, seenAs } = this;
    const rtt = { rttMs, minRttMs, baseRttMs, recentRttMs, rttDeviationMs };
    return { wan, server: server.label, health, hasAnswered, ...rtt, lossRatio, lossProbes, seenAs };
  }
}

class Prober {
  private readonly loop = new Loop();
  private readonly spec: ProberSpec;
  private readonly counters = new InterfaceCounters();
  private readonly buffer = Buffer.alloc(PROBE_BYTES + 1);
  private paths: Path[] = [];
  private sequence = 0;
  private toldAtMs = 0;
  private isStopped = false;
  private readonly families = new Map<string, Families>();
  /** Of all servers, by device. */
  private readonly answers = new Map<string, number>();

  constructor(spec: ProberSpec) {
    this.spec = spec;
    this.loop.watch(spec.wakeFd, { onEvents: () => this.onWake() });
  }

  /** Runs for about a second, then lets Node's own loop have a turn. */
  turn(): void {
    const endMs = performance.now() + TURN_MS;
    while (!this.isStopped && performance.now() < endMs) {
      const isCalm = this.paths.every(({ state, isBusy }) => state.health === 'up' && !isBusy);
      this.loop.round(isCalm ? CALM_TICK_MS : BUSY_TICK_MS);
      if (!this.isStopped) this.tick(this.loop.nowMs);
    }
    if (!this.isStopped) setImmediate(() => this.turn());
  }

  private tick(nowMs: number): void {
    const counts = this.counters.read();
    for (const path of this.paths) {
      const { device } = path.spec;
      // The answers of one server say nothing of another one's silence.
      path.count((counts.get(device)?.rxPackets ?? 0) - (this.answers.get(device) ?? 0), nowMs);
      this.note(path, path.state.onTime(nowMs, path.rxPackets));
      if (nowMs >= path.state.nextSendMs(path.isBusy)) this.send(path, nowMs);
    }
    const isBusy = this.paths.some((path) => path.isBusy);
    if (nowMs - this.toldAtMs < (isBusy ? BUSY_MEASUREMENTS_MS : CALM_MEASUREMENTS_MS)) return;
    this.toldAtMs = nowMs;
    post({ kind: 'measurements', all: this.measurements() });
  }

  private send(path: Path, nowMs: number): void {
    if (path.fd < 0) this.open(path);
    const sequence = this.sequence++ >>> 0;
    path.state.onSent(sequence, nowMs, path.rxPackets);
    if (path.fd < 0) return;
    const request = path.client.request(sequence);
    // What cannot be sent stays unanswered, which is all that has to be known.
    if (rawSend(path.fd, request, request.length, MSG_DONTWAIT) < 0) this.closePath(path);
  }

  private open(path: Path): void {
    const { to, from, device } = path.spec;
    const fd = openPinnedUdp(to, from, device);
    if (fd < 0) return;
    path.fd = fd;
    this.loop.watch(fd, { onEvents: () => this.receive(path) });
  }

  private receive(path: Path): void {
    for (;;) {
      const length = rawRecv(path.fd, this.buffer, this.buffer.length, MSG_DONTWAIT);
      if (length < 0) {
        // An ICMP error shows as a failed read and is gone with it; others say less, and the probe is lost in time.
        if (errno() === ECONNREFUSED) this.note(path, path.state.onRefused(this.loop.nowMs));
        return;
      }
      const reply = path.client.parseReply(this.buffer.subarray(0, length));
      if (!reply) continue;
      path.hasAnswered = true;
      this.answers.set(path.spec.device, (this.answers.get(path.spec.device) ?? 0) + 1);
      path.seenAs = reply.seenAs;
      this.tellFamilies(path.spec.server.label, reply.families);
      this.note(path, path.state.onReply(reply.sequence, this.loop.nowMs));
    }
  }

  private tellFamilies(server: string, families: Families | undefined): void {
    const known = this.families.get(server);
    if (!families || (known && sameFamilies(families, known))) return;
    this.families.set(server, families);
    post({ kind: 'families', server, families });
  }

  private note(path: Path, change: HealthChange | undefined): void {
    if (!change) return;
    const { wan, server } = path.spec;
    post({ kind: 'change', wan, server: server.label, reason: change.reason, all: this.measurements() });
  }

  private measurements(): PathMeasurement[] {
    return this.paths.map((path) => path.measurement());
  }

  /** A path that stays the same keeps what was learned of it. */
  private setPaths(specs: readonly ProbePath[]): void {
    const before = this.paths;
    this.paths = specs.map((spec) => before.find((path) => sameProbePath(path.spec, spec)) ?? new Path(spec));
    for (const path of before) if (!this.paths.includes(path)) this.closePath(path);
  }

  private probeAll(): void {
    for (const path of this.paths) if (path.state.health !== 'down') this.send(path, this.loop.nowMs);
  }

  private closePath(path: Path): void {
    if (path.fd < 0) return;
    this.loop.forget(path.fd);
    close(path.fd);
    path.fd = -1;
  }

  private onWake(): void {
    rawRead(this.spec.wakeFd, Buffer.alloc(8), 8);
    for (;;) {
      const received = parentPort ? receiveMessageOnPort(parentPort) : undefined;
      if (!received) return;
      const message = received.message as ToProber;
      if (message.kind === 'paths') this.setPaths(message.paths);
      else if (message.kind === 'doubt') this.probeAll();
      else this.stop();
    }
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
