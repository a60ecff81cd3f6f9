// What the probes of one WAN say about it: a pure state machine, fed with sends, replies and the time.
//
// A WAN is down when several probes in a row went unanswered and nothing else came in by its interface meanwhile: a
// queue that fills within a moment delays the answers by more than any round trip before, but it does not stop the
// traffic. One lost probe changes nothing but the pace. A WAN that keeps falling has to stay well for longer each time.

export interface ProbeTimes {
  /** Between probes of a WAN that is well and idle, or down. */
  readonly idleIntervalMs: number;
  /** Between probes while the WAN carries traffic, or while it is in doubt. */
  readonly fastIntervalMs: number;
  /** Never wait less than this for an answer, whatever the round trip was. */
  readonly minimumWaitMs: number;
  /** Without any answer for this long a WAN is down, also when its interface still receives something. */
  readonly silentLimitMs: number;
}

export const PROBE_TIMES: ProbeTimes = {
  idleIntervalMs: 1000,
  fastIntervalMs: 200,
  minimumWaitMs: 150,
  silentLimitMs: 4000,
};

export type LinkHealth = 'unknown' | 'up' | 'down';

export interface HealthChange {
  readonly health: LinkHealth;
  readonly reason: string;
}

// Probes in a row without an answer before a WAN is down.
const LOST_TO_DOWN = 2;
// Answers in a row before one that was down is up again; doubled with each fall in the last minute.
const ANSWERS_TO_UP = 2;
const MAX_ANSWERS_TO_UP = 32;
const FLAP_MEMORY_MS = 60_000;
// While in doubt the next probe comes this soon.
const DOUBT_INTERVAL_MS = 50;
// Weights of RFC 6298 section 2.
const ALPHA = 1 / 8;
const BETA = 1 / 4;
// Answers and losses that the loss ratio looks back on.
const LOSS_MEMORY = 64;
// Of a busy WAN, less than a second.
const RECENT_ANSWERS = 4;

interface Sent {
  readonly atMs: number;
  /** Packets that the interface had received then. */
  readonly rxPackets: number;
}

export class ProbeState {
  health: LinkHealth = 'unknown';
  /** Smoothed, its mean deviation, and the least seen; undefined before the first answer. Milliseconds. */
  rttMs: number | undefined;
  rttDeviationMs: number | undefined;
  minRttMs: number | undefined;
  /** The least of the last few: what a queue adds to all of them, but a hiccup only to one. */
  recentRttMs: number | undefined;
  private readonly times: ProbeTimes;
  private readonly waiting = new Map<number, Sent>();
  /** Counted as lost, but an answer may still come: late is not silent. */
  private readonly late = new Map<number, Sent>();
  private readonly outcomes: boolean[] = [];
  private readonly falls: number[] = [];
  private recentRtts: readonly number[] = [];
  private lostInARow = 0;
  private answersInARow = 0;
  private lastAnswerMs: number | undefined;
  private lastSentMs = Number.NEGATIVE_INFINITY;
  private firstSentMs: number | undefined;

  constructor(times: ProbeTimes = PROBE_TIMES) {
    this.times = times;
  }

  /** 0 to 1, of the last probes; undefined before any was decided. */
  get lossRatio(): number | undefined {
    if (this.outcomes.length === 0) return undefined;
    return this.outcomes.filter((isAnswered) => !isAnswered).length / this.outcomes.length;
  }

  /** When the next probe is due, on the clock of the other calls. */
  nextSendMs(isBusy: boolean): number {
    const isInDoubt = this.health !== 'down' && this.lostInARow > 0;
    const isSettled = this.health === 'up' ? !isBusy : this.health === 'down' && this.answersInARow === 0;
    const calm = isSettled ? this.times.idleIntervalMs : this.times.fastIntervalMs;
    return this.lastSentMs + (isInDoubt ? DOUBT_INTERVAL_MS : calm);
  }

  onSent(sequence: number, nowMs: number, rxPackets: number): void {
    this.waiting.set(sequence, { atMs: nowMs, rxPackets });
    this.lastSentMs = nowMs;
    this.firstSentMs ??= nowMs;
  }

  onReply(sequence: number, nowMs: number): HealthChange | undefined {
    const sent = this.waiting.get(sequence) ?? this.late.get(sequence);
    if (!sent) return undefined;
    if (this.waiting.delete(sequence)) this.remember(true);
    this.late.delete(sequence);
    this.learnRtt(nowMs - sent.atMs);
    this.lostInARow = 0;
    this.answersInARow++;
    this.lastAnswerMs = nowMs;
    if (this.health === 'up') return undefined;
    if (this.health === 'down' && this.answersInARow < this.answersNeeded(nowMs)) return undefined;
    return this.become('up', `${this.answersInARow} probes answered`);
  }

  /** The host answers that nobody listens there (ICMP): the path is well, the server is not. */
  onRefused(nowMs: number): HealthChange | undefined {
    for (const sequence of this.waiting.keys()) {
      this.waiting.delete(sequence);
      this.remember(false);
    }
    this.lostInARow++;
    this.answersInARow = 0;
    if (this.health === 'down' || this.lostInARow < LOST_TO_DOWN) return undefined;
    this.falls.push(nowMs);
    return this.become('down', 'nobody listens at the UDP port of the server');
  }

  /** Looks for probes that should have been answered by now. */
  onTime(nowMs: number, rxPackets: number): HealthChange | undefined {
    let received = Number.POSITIVE_INFINITY;
    for (const [sequence, sent] of this.waiting) {
      if (nowMs - sent.atMs < this.waitMs()) continue;
      this.waiting.delete(sequence);
      this.late.set(sequence, sent);
      this.remember(false);
      this.lostInARow++;
      this.answersInARow = 0;
      received = Math.min(received, rxPackets - sent.rxPackets);
    }
    for (const [sequence, sent] of this.late) {
      if (nowMs - sent.atMs > this.times.silentLimitMs) this.late.delete(sequence);
    }
    if (this.health === 'down' || this.lostInARow < LOST_TO_DOWN) return undefined;
    const silentMs = nowMs - (this.lastAnswerMs ?? this.firstSentMs ?? nowMs);
    const isDeaf = received <= 0;
    if (!isDeaf && silentMs < this.times.silentLimitMs) return undefined;
    this.falls.push(nowMs);
    const why = isDeaf ? 'and nothing else was received' : 'although the interface receives';
    return this.become('down', `no answer from the server for ${Math.round(silentMs)} ms, ${why}`);
  }

  /** How long an answer may take before its probe counts as lost. */
  private waitMs(): number {
    const expected = (this.rttMs ?? 0) + 4 * (this.rttDeviationMs ?? 0);
    return this.rttMs === undefined
      ? this.times.idleIntervalMs
      : Math.max(this.times.minimumWaitMs, expected * 1.5);
  }

  private answersNeeded(nowMs: number): number {
    while (this.falls.length > 0 && nowMs - (this.falls[0] as number) > FLAP_MEMORY_MS) this.falls.shift();
    return Math.min(MAX_ANSWERS_TO_UP, ANSWERS_TO_UP * 2 ** Math.max(0, this.falls.length - 1));
  }

  private become(health: LinkHealth, reason: string): HealthChange {
    this.health = health;
    this.lostInARow = 0;
    if (health === 'down') this.answersInARow = 0;
    return { health, reason };
  }

  private learnRtt(rttMs: number): void {
    this.minRttMs = Math.min(this.minRttMs ?? rttMs, rttMs);
    this.recentRtts = [...this.recentRtts, rttMs].slice(-RECENT_ANSWERS);
    this.recentRttMs = Math.min(...this.recentRtts);
    const before = this.rttMs ?? rttMs;
    this.rttDeviationMs =
      this.rttDeviationMs === undefined
        ? rttMs / 2
        : (1 - BETA) * this.rttDeviationMs + BETA * Math.abs(before - rttMs);
    this.rttMs = (1 - ALPHA) * before + ALPHA * rttMs;
  }

  private remember(isAnswered: boolean): void {
    this.outcomes.push(isAnswered);
    if (this.outcomes.length > LOSS_MEMORY) this.outcomes.shift();
  }
}
