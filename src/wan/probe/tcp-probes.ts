// Probes of a path by plain TCP, for networks that block UDP and servers that are not ours: a connection to the server as a
// flow would open it, until the server has proved that it has our key, where it can. Its set-up time is the round trip.
import type { Loop } from '../../relay/loop/loop.ts';
import type { Path } from '../../relay/path.ts';
import type { Asker } from '../../transport/server-client.ts';
import { HelloProbe } from '../tries/hello-probe.ts';
import type { HelloResult } from '../tries/hello-result.ts';
import { type HealthChange, type ProbeTimes, ProbeState } from './probe-state.ts';

const TCP_TIMES: ProbeTimes = {
  idleIntervalMs: 2000,
  fastIntervalMs: 1000,
  learnIntervalMs: 1000,
  doubtIntervalMs: 500,
  // A SYN that was lost is sent again after a second; then the answer to it, and the one to the hello.
  minimumWaitMs: 1500,
  silentLimitMs: 4000,
};
// A thousand overdue flows ask once.
const HURRY_INTERVAL_MS = 250;

export class TcpProbes {
  readonly state = new ProbeState(TCP_TIMES);
  /** They have been answered, while UDP was not: what they say counts, until UDP is back. */
  isInCharge = false;
  readonly #loop: Loop;
  readonly #path: Path;
  readonly #ask: Asker;
  readonly #note: (change: HealthChange | undefined) => void;
  readonly #running = new Set<HelloProbe>();
  #sequence = 0;
  #sentMs = Number.NEGATIVE_INFINITY;

  constructor(loop: Loop, path: Path, ask: Asker, note: (change: HealthChange | undefined) => void) {
    this.#loop = loop;
    this.#path = path;
    this.#ask = ask;
    this.#note = note;
  }

  tick(nowMs: number, rxPackets: number, isBusy: boolean): void {
    this.#note(this.state.onTime(nowMs, rxPackets));
    if (nowMs >= this.state.nextSendMs(isBusy)) this.#send(nowMs, rxPackets);
  }

  hurry(nowMs: number, rxPackets: number): void {
    if (nowMs - this.#sentMs >= HURRY_INTERVAL_MS) this.#send(nowMs, rxPackets);
  }

  close(): void {
    for (const probe of this.#running) probe.abort();
    this.#running.clear();
  }

  #send(nowMs: number, rxPackets: number): void {
    const sequence = this.#sequence++;
    this.#sentMs = nowMs;
    this.state.onSent(sequence, nowMs, rxPackets);
    const probe = new HelloProbe(this.#loop, this.#path, false, this.#ask(), (result) => {
      this.#running.delete(probe);
      this.#onResult(sequence, result);
    });
    this.#running.add(probe);
    probe.start();
  }

  /** Who connects but proves nothing may be any proxy on the way: no answer, as far as the server goes. */
  #onResult(sequence: number, result: HelloResult): void {
    const { nowMs } = this.#loop;
    if (result.kind === 'no-connection') {
      if (result.why === 'refused') this.#note(this.state.onRefused(nowMs, 'TCP'));
    } else if (result.answer.kind === 'proved' || result.answer.kind === 'connected') {
      this.#note(this.state.onReply(sequence, nowMs, result.connectMs));
    }
  }
}
