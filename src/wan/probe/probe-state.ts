// What the probes of one WAN say about it: a pure state machine, fed with sends, replies and the time.
//
// A WAN is down when several probes in a row went unanswered and nothing else came in by its interface meanwhile: a
// queue that fills within a moment delays the answers by more than any round trip before, but it does not stop the
// traffic. One lost probe changes nothing but the pace, and on a path that loses many it takes more. A WAN that keeps falling has to stay well for longer each time.

import { LossWindow } from './loss-window.ts';

export interface ProbeTimes {
  /** Between probes of a WAN that is well and idle, or down for long. */
  readonly idleIntervalMs: number;
  /** Between probes while the WAN carries traffic, or is answered again after a long time. */
  readonly fastIntervalMs: number;
  /** Between probes of a new path, and of one that has been down for a short while. */
  readonly learnIntervalMs: number;
  /** Between probes while answers are overdue. */
  readonly doubtIntervalMs: number;
  /** Never wait less than this for an answer, whatever the round trip was. */
  readonly minimumWaitMs: number;
  /** Without any answer for this long a WAN is down, also when its interface still receives something. */
  readonly silentLimitMs: number;
}

const PROBE_TIMES: ProbeTimes = {
  idleIntervalMs: 1000,
  fastIntervalMs: 200,
  learnIntervalMs: 100,
  doubtIntervalMs: 50,
  minimumWaitMs: 150,
  silentLimitMs: 4000,
};

export type LinkHealth = 'unknown' | 'up' | 'down';

export interface HealthChange {
  readonly health: LinkHealth;
  readonly reason: string;
}

// Probes in a row without an answer before a WAN is down: so many that the loss of the path alone takes it down less
// often than once in so many probes, some hours at one a second.
const LOST_TO_DOWN = 2;
const MAX_LOST_TO_DOWN = 5;
const FALSE_DOWN_RATIO = 1e-4;
// Answers in a row before one that was down is up again; doubled with each fall in the last minute: 0.2 s to 6.4 s.
const ANSWERS_TO_UP = 2;
const MAX_ANSWERS_TO_UP = 64;
const FLAP_MEMORY_MS = 60_000;
// Most of what goes down is back within a minute, and its flows wait: for so long it is probed as fast as a new one.
const SOON_BACK_MS = 60_000;
// Weights of RFC 6298 section 2.
const ALPHA = 1 / 8;
const BETA = 1 / 4;
// Answers that the base round trip looks back on, 16 s of them; and how many it takes to tell it.
const BASE_MEMORY = 16;
const BASE_MINIMUM = 3;
// As for TCP (RFC 5681): one that three later ones have overtaken does not come any more.
const OVERTAKEN_IS_LOST = 3;
// A new path is probed fast for so many probes: 5 % of loss each way is seen within 10 s, with 19 chances of 20.
const PROBES_TO_LEARN = 64;
// Answers in which a queue shows, of a busy WAN less than a second: the three that tell of a loss, and the one before it.
const RECENT_ANSWERS = 4;
// A queue stands in front of a path whose answers take so much more than its base round trip: more than jitter and what
// bbr keeps in flight, less than queues are long.
const QUEUED_FACTOR = 1.25;
const QUEUED_MS = 20;
// One late answer may be a hiccup.
const QUEUED_ANSWERS = 2;

interface Sent {
  readonly atMs: number;
  /** What `heldUpMs` was then. */
  readonly heldUpMs: number;
  /** Packets that the interface had received then. */
  readonly rxPackets: number;
  /** By how many answers to later probes. */
  overtaken: number;
}

export class ProbeState {
  health: LinkHealth = 'unknown';
  /** Smoothed, its mean deviation, and the least seen; undefined before the first answer. Milliseconds. */
  rttMs: number | undefined;
  rttDeviationMs: number | undefined;
  minRttMs: number | undefined;
  private readonly recentRttsMs: number[] = [];
  private readonly calmRttsMs: number[] = [];
  private readonly times: ProbeTimes;
  private readonly waiting = new Map<number, Sent>();
  /** Counted as lost, but an answer may still come: late is not silent. */
  private readonly late = new Map<number, Sent>();
  private readonly losses = new LossWindow();
  private readonly falls: number[] = [];
  private isBusy = false;
  private sentCount = 0;
  private changedAtMs = 0;
  private lostInARow = 0;
  private answersInARow = 0;
  private lastSentMs = Number.NEGATIVE_INFINITY;
  /** On the clock that stands still while we are held up. */
  private silentSinceMs: number | undefined;
  /** For how long we could not look for answers, all in all. */
  private heldUpMs = 0;

  constructor(times: ProbeTimes = PROBE_TIMES) {
    this.times = times;
  }

  /** 0 to 1, by chance, both ways together; undefined before any probe was decided. */
  get lossRatio(): number | undefined {
    return this.losses.ratio;
  }

  /**
   * The least of the last answers while the WAN carried nothing: what the path takes, without the queue that stands in
   * front of it while it is full. Less is believed at any time.
   */
  get baseRttMs(): number | undefined {
    return this.calmRttsMs.length < BASE_MINIMUM ? undefined : Math.min(...this.calmRttsMs);
  }

  /** The least of the last few: what a queue adds to all of them, but a hiccup only to one. */
  get recentRttMs(): number | undefined {
    return this.recentRttsMs.length === 0 ? undefined : Math.min(...this.recentRttsMs);
  }

  /** Answers that the loss ratio is made of. */
  get lossProbes(): number {
    return this.losses.count;
  }

  /** When the next probe is due, on the clock of the other calls. */
  nextSendMs(isBusy: boolean): number {
    this.isBusy = isBusy;
    const isInDoubt = this.health !== 'down' && this.lostInARow > 0;
    if (this.isLearning && !isInDoubt) return this.lastSentMs + this.times.learnIntervalMs;
    const isLongDown = this.health === 'down' && this.lastSentMs - this.changedAtMs >= SOON_BACK_MS;
    const isSettled = this.health === 'up' ? !isBusy : isLongDown && this.answersInARow === 0;
    const lively =
      this.health === 'up' || isLongDown ? this.times.fastIntervalMs : this.times.learnIntervalMs;
    const calm = isSettled ? this.times.idleIntervalMs : lively;
    return this.lastSentMs + (isInDoubt ? this.times.doubtIntervalMs : calm);
  }

  /** The last probes were answered, if not yet enough of them to be up. */
  get isAnswered(): boolean {
    return this.answersInARow > 0;
  }

  /** Since the last answer, or since the first probe; 0 before it. */
  silentMs(nowMs: number): number {
    return this.silentSinceMs === undefined ? 0 : nowMs - this.heldUpMs - this.silentSinceMs;
  }

  /** We come this much later than planned (no CPU, a suspended machine): what waits gets as much more time. */
  onHeldUp(lateMs: number): void {
    this.heldUpMs += lateMs;
  }

  /** The path is new, and its loss is still to be told. */
  get isLearning(): boolean {
    return this.health === 'up' && this.sentCount < PROBES_TO_LEARN;
  }

  onSent(sequence: number, nowMs: number, rxPackets: number): void {
    this.waiting.set(sequence, { atMs: nowMs, heldUpMs: this.heldUpMs, rxPackets, overtaken: 0 });
    this.lastSentMs = nowMs;
    this.sentCount++;
    this.silentSinceMs ??= nowMs - this.heldUpMs;
  }

  /** @param rttMs when it is known better than by the time of the reply. */
  onReply(sequence: number, nowMs: number, rttMs?: number): HealthChange | undefined {
    const sent = this.waiting.get(sequence) ?? this.late.get(sequence);
    if (!sent) return undefined;
    this.waiting.delete(sequence);
    this.late.delete(sequence);
    const lost = this.overtake(sent.atMs);
    // What we were late ourselves says nothing of the path.
    const isOwnDelay = sent.heldUpMs !== this.heldUpMs;
    if (!isOwnDelay || this.rttMs === undefined) this.learnRtt(rttMs ?? nowMs - sent.atMs);
    this.learnLoss(sent, lost);
    this.lostInARow = 0;
    this.answersInARow++;
    this.silentSinceMs = nowMs - this.heldUpMs;
    if (this.health === 'up') return undefined;
    if (this.health === 'down' && this.answersInARow < this.answersNeeded(nowMs)) return undefined;
    return this.become('up', `${this.answersInARow} probes answered`, nowMs);
  }

  /** The host answers that nobody listens there (ICMP, RST): the path is well, the server is not. */
  onRefused(nowMs: number, port: 'UDP' | 'TCP'): HealthChange | undefined {
    // Nothing was lost on the way.
    this.waiting.clear();
    this.lostInARow++;
    this.answersInARow = 0;
    if (this.health === 'down' || this.lostInARow < LOST_TO_DOWN) return undefined;
    this.falls.push(nowMs);
    return this.become('down', `nobody listens at the ${port} port of the server`, nowMs);
  }

  /** Looks for probes that should have been answered by now. */
  onTime(nowMs: number, rxPackets: number): HealthChange | undefined {
    let received = Number.POSITIVE_INFINITY;
    for (const [sequence, sent] of this.waiting) {
      if (this.waitedMs(sent, nowMs) < this.waitMs()) continue;
      this.waiting.delete(sequence);
      this.late.set(sequence, sent);
      this.lostInARow++;
      this.answersInARow = 0;
      received = Math.min(received, rxPackets - sent.rxPackets);
    }
    for (const [sequence, sent] of this.late) {
      if (this.waitedMs(sent, nowMs) <= this.times.silentLimitMs) continue;
      this.late.delete(sequence);
    }
    if (this.health === 'down' || this.lostInARow < this.lostToDown()) return undefined;
    const silentMs = this.silentMs(nowMs);
    const isDeaf = received <= 0;
    if (!isDeaf && silentMs < this.times.silentLimitMs) return undefined;
    this.falls.push(nowMs);
    const why = isDeaf ? 'and nothing else was received' : 'although the interface receives';
    return this.become('down', `no answer from the server for ${Math.round(silentMs)} ms, ${why}`, nowMs);
  }

  private waitedMs(sent: Sent, nowMs: number): number {
    return nowMs - sent.atMs - (this.heldUpMs - sent.heldUpMs);
  }

  /** How long an answer may take before its probe counts as lost. */
  private waitMs(): number {
    const expected = (this.rttMs ?? 0) + 4 * (this.rttDeviationMs ?? 0);
    return this.rttMs === undefined
      ? this.times.idleIntervalMs
      : Math.max(this.times.minimumWaitMs, expected * 1.5);
  }

  /** A path keeps its order: what later probes have overtaken is lost, and not late. Returns those of which it shows now. */
  private overtake(answeredAtMs: number): Sent[] {
    const lost: Sent[] = [];
    for (const unanswered of [this.waiting, this.late]) {
      for (const [sequence, sent] of unanswered) {
        if (sent.atMs >= answeredAtMs || ++sent.overtaken < OVERTAKEN_IS_LOST) continue;
        if (sent.overtaken === OVERTAKEN_IS_LOST) lost.push(sent);
        // Among those that wait it is still to be missed: that is how a silent path is found.
        if (unanswered === this.late) unanswered.delete(sequence);
      }
    }
    return lost;
  }

  /** @param lost in a row: the same answers have overtaken them. */
  private learnLoss(answered: Sent, lost: readonly Sent[]): void {
    // Late is not lost, a full queue or a busy machine held it up; and what has been given up is not unlost.
    if (answered.overtaken >= OVERTAKEN_IS_LOST || !this.countsFor(answered)) return;
    // Where a queue stands the path is full, and whoever fills it loses packets: that is no loss of the path.
    if (this.isQueued()) return;
    this.losses.add(lost.filter((one) => this.countsFor(one)).length);
  }

  private isQueued(): boolean {
    const base = this.baseRttMs;
    if (base === undefined) return false;
    const limitMs = base * QUEUED_FACTOR + QUEUED_MS;
    return this.recentRttsMs.filter((rttMs) => rttMs > limitMs).length >= QUEUED_ANSWERS;
  }

  /** What falls with the WAN, or is sent while it is down, is no loss of its path. */
  private countsFor({ atMs }: Sent): boolean {
    return this.health !== 'down' && atMs >= this.changedAtMs;
  }

  private lostToDown(): number {
    const ratio = this.losses.ratio ?? 0;
    // Of a ratio of 0 this is 0, of 1 it is infinite.
    const inARow = Math.ceil(Math.log(FALSE_DOWN_RATIO) / Math.log(ratio));
    return Math.min(MAX_LOST_TO_DOWN, Math.max(LOST_TO_DOWN, Math.abs(inARow)));
  }

  private answersNeeded(nowMs: number): number {
    while (this.falls.length > 0 && nowMs - (this.falls[0] as number) > FLAP_MEMORY_MS) this.falls.shift();
    return Math.min(MAX_ANSWERS_TO_UP, ANSWERS_TO_UP * 2 ** Math.max(0, this.falls.length - 1));
  }

  private become(health: LinkHealth, reason: string, nowMs: number): HealthChange {
    this.changedAtMs = nowMs;
    this.health = health;
    this.lostInARow = 0;
    if (health === 'down') this.answersInARow = 0;
    return { health, reason };
  }

  private learnRtt(rttMs: number): void {
    this.recentRttsMs.push(rttMs);
    if (this.recentRttsMs.length > RECENT_ANSWERS) this.recentRttsMs.shift();
    const base = this.baseRttMs;
    if (!this.isBusy || base === undefined || rttMs < base) {
      this.calmRttsMs.push(rttMs);
      if (this.calmRttsMs.length > BASE_MEMORY) this.calmRttsMs.shift();
    }
    this.minRttMs = Math.min(this.minRttMs ?? rttMs, rttMs);
    const before = this.rttMs ?? rttMs;
    this.rttDeviationMs =
      this.rttDeviationMs === undefined
        ? rttMs / 2
        : (1 - BETA) * this.rttDeviationMs + BETA * Math.abs(before - rttMs);
    this.rttMs = (1 - ALPHA) * before + ALPHA * rttMs;
  }
}
