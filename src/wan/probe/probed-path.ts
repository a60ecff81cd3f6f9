// One path that is probed: by UDP, by TCP where UDP is blocked or the server is not ours, and now and then for what it does to MPTCP.
import type { SocketAddress } from '../../base/address.ts';
import type { Loop } from '../../relay/loop/loop.ts';
import type { Families } from '../../transport/handshake.ts';
import type { ProbeReply } from '../../transport/probe.ts';
import { type Asker, convertClient } from '../../transport/server-client.ts';
import type { Path } from '../../relay/path.ts';
import {
  canBegin,
  canJoin,
  mptcpTrouble,
  type MptcpSurvival,
  sameSurvival,
} from '../tries/mptcp-survival.ts';
import { MptcpTry } from '../tries/mptcp-try.ts';
import { type HealthChange, type LinkHealth, ProbeState } from './probe-state.ts';
import type { PathMeasurement, ProbePath } from './probe-path.ts';
import { TcpProbes } from './tcp-probes.ts';
import { TriesSchedule } from '../tries/tries-schedule.ts';
import { UdpProbe } from './udp-probe.ts';

// A WAN that received this many packets in a second carries traffic.
const BUSY_PACKETS_PER_S = 20;
// Without any answer to UDP for so long, TCP is tried beside it: a WAN that is cut shows sooner.
const UDP_SILENT_MS = 5000;
// While TCP is answered and UDP is not, UDP is tried only this often.
const UDP_BLOCKED_INTERVAL_MS = 30_000;

export interface ProbedPathHandlers {
  onChange(reason: string): void;
  onUdpReply(families: Families | undefined): void;
}

export class ProbedPath {
  readonly spec: ProbePath;
  isBusy = false;
  mptcp: MptcpSurvival | undefined;
  readonly #loop: Loop;
  readonly #handlers: ProbedPathHandlers;
  /** A server of ours answers by UDP too. */
  readonly #udp: UdpProbe | undefined;
  readonly #udpState = new ProbeState();
  readonly #ask: Asker;
  readonly #schedule = new TriesSchedule();
  #tcp: TcpProbes | undefined;
  #try: MptcpTry | undefined;
  #sequence = 0;
  #udpSentMs = Number.NEGATIVE_INFINITY;
  #hasAnswered = false;
  #seenAs: SocketAddress | undefined;
  #rxPackets = 0;
  #rxAtMs = 0;
  #rxBefore = 0;

  constructor(loop: Loop, spec: ProbePath, handlers: ProbedPathHandlers) {
    this.spec = spec;
    this.#loop = loop;
    this.#handlers = handlers;
    const { protocol } = spec.server;
    const client = protocol.transport === 'convert' ? convertClient(protocol) : undefined;
    this.#ask = () => client?.ask();
    if (protocol.transport === 'convert' && protocol.key) {
      this.#udp = new UdpProbe(
        loop,
        spec,
        { ...protocol, key: protocol.key },
        {
          onReply: (reply) => this.#onUdpReply(reply),
          onRefused: () => this.#note('udp', this.#udpState.onRefused(loop.nowMs, 'UDP')),
        },
      );
    } else {
      this.#tcp = this.#startTcp();
      this.#tcp.isInCharge = true;
    }
  }

  /** New, and probed fast until its loss can be told. */
  get isLearning(): boolean {
    return this.#udp !== undefined && this.#udpState.isLearning;
  }

  get health(): LinkHealth {
    return this.#state.health;
  }

  get #state(): ProbeState {
    return this.#tcp?.isInCharge ? this.#tcp.state : this.#udpState;
  }

  onHeldUp(lateMs: number): void {
    this.#udpState.onHeldUp(lateMs);
    this.#tcp?.state.onHeldUp(lateMs);
  }

  /** @param rxPackets that its interface has received, without the answers to UDP probes. */
  tick(nowMs: number, rxPackets: number): void {
    this.#count(rxPackets, nowMs);
    if (this.#udp) this.#tickUdp(this.#udp, nowMs, rxPackets);
    this.#tcp?.tick(nowMs, rxPackets, this.isBusy);
    if (this.#udp) this.#leaveToTcp(nowMs);
  }

  #tickUdp(udp: UdpProbe, nowMs: number, rxPackets: number): void {
    this.#note('udp', this.#udpState.onTime(nowMs, rxPackets));
    if (nowMs >= this.#nextUdpMs()) this.#sendUdp(udp, nowMs);
    if (this.#udpState.silentMs(nowMs) >= UDP_SILENT_MS) this.#tcp ??= this.#startTcp();
  }

  /** Somebody waits for an answer. */
  hurry(nowMs: number): void {
    if (this.health === 'down') return;
    if (this.#tcp?.isInCharge) this.#tcp.hurry(nowMs, this.#rxPackets);
    else if (this.#udp) this.#sendUdp(this.#udp, nowMs);
  }

  onPlainFlow(): void {
    this.#schedule.onPlainFlow();
  }

  get isTrying(): boolean {
    return this.#try !== undefined;
  }

  isTryDue(nowMs: number): boolean {
    return this.health === 'up' && this.#schedule.isDue(nowMs);
  }

  /** @param first see MptcpTryParts. */
  tryMptcp(first: Path): void {
    this.#schedule.onBegin(this.#loop.nowMs);
    const one = new MptcpTry({
      loop: this.#loop,
      path: this.spec,
      first,
      ask: this.#ask,
      onEnd: (survival) => this.#onTried(survival),
    });
    this.#try = one;
    one.start();
  }

  measurement(): PathMeasurement {
    const { wan, server } = this.spec;
    const { health, lossRatio, lossProbes } = this.#state;
    const { rttMs, minRttMs, baseRttMs, recentRttMs, rttDeviationMs } = this.#state;
    return {
      wan,
      server: server.label,
      health,
      hasAnswered: this.#hasAnswered,
      rttMs,
      minRttMs,
      baseRttMs,
      recentRttMs,
      rttDeviationMs,
      lossRatio,
      lossProbes,
      seenAs: this.#seenAs,
      probedBy: this.#tcp?.isInCharge ? 'tcp' : 'udp',
      mptcp: this.mptcp,
      pathMtuBytes: this.#udp?.pathMtuBytes,
    };
  }

  close(): void {
    this.#udp?.close();
    this.#tcp?.close();
    this.#try?.abort();
  }

  #nextUdpMs(): number {
    const isBlocked = this.#tcp?.isInCharge && this.#tcp.state.health === 'up' && !this.#udpState.isAnswered;
    return isBlocked ? this.#udpSentMs + UDP_BLOCKED_INTERVAL_MS : this.#udpState.nextSendMs(this.isBusy);
  }

  #sendUdp(udp: UdpProbe, nowMs: number): void {
    const sequence = this.#sequence++ >>> 0;
    this.#udpSentMs = nowMs;
    this.#udpState.onSent(sequence, nowMs, this.#rxPackets);
    udp.send(sequence);
  }

  #onUdpReply({ sequence, seenAs, families }: ProbeReply): void {
    this.#hasAnswered = true;
    this.#seenAs = seenAs;
    this.#handlers.onUdpReply(families);
    this.#note('udp', this.#udpState.onReply(sequence, this.#loop.nowMs));
  }

  #startTcp(): TcpProbes {
    return new TcpProbes(this.#loop, this.spec, this.#ask, (change) => this.#note('tcp', change));
  }

  /** Tells of what changes the path as a whole. */
  #note(by: 'udp' | 'tcp', change: HealthChange | undefined): void {
    if (!change) return;
    const { health, reason } = change;
    if (!this.#udp && health === 'up') this.#hasAnswered = true;
    if (by === 'udp' && health === 'up') this.#stopTcp();
    else if ((by === 'tcp') !== (this.#tcp?.isInCharge ?? false)) return;
    this.#handlers.onChange(reason);
  }

  /** Not while UDP is answered, if not yet often enough for a path that keeps falling. */
  #leaveToTcp(nowMs: number): void {
    const tcp = this.#tcp;
    if (!tcp || tcp.isInCharge || tcp.state.health !== 'up') return;
    if (this.#udpState.silentMs(nowMs) < UDP_SILENT_MS) return;
    tcp.isInCharge = true;
    this.#hasAnswered = true;
    this.#handlers.onChange('the server answers by TCP, but not by UDP');
  }

  #stopTcp(): void {
    this.#tcp?.close();
    this.#tcp = undefined;
  }

  #onTried(survival: MptcpSurvival | undefined): void {
    this.#try = undefined;
    const { nowMs } = this.#loop;
    // What failed on a path that fell meanwhile says nothing of MPTCP.
    if (!survival || this.health !== 'up') return this.#schedule.onEnd('unknown', nowMs);
    this.#schedule.onEnd(canBegin(survival) && canJoin(survival) ? 'kept' : 'lost', nowMs);
    if (sameSurvival(survival, this.mptcp)) return;
    this.mptcp = survival;
    this.#handlers.onChange(mptcpTrouble(survival) ?? 'MPTCP is kept');
  }

  #count(rxPackets: number, nowMs: number): void {
    this.#rxPackets = rxPackets;
    if (nowMs - this.#rxAtMs < 1000) return;
    const perSecond = ((rxPackets - this.#rxBefore) * 1000) / Math.max(1, nowMs - this.#rxAtMs);
    this.isBusy = this.#rxAtMs > 0 && perSecond >= BUSY_PACKETS_PER_S;
    this.#rxAtMs = nowMs;
    this.#rxBefore = rxPackets;
  }
}
