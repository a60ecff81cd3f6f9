// On which WANs flows may begin with TCP Fast Open: a WAN on which it failed three times in a row goes on without it.
//
// A SYN with data that is not answered tells of a box that drops it, or of a WAN that has just died. The probes tell the
// two apart a moment later; until then the WAN is spared.

/** `refused`: connected, but the data had to go again, mostly without MPTCP. `silent`: no answer in good time. */
export type FastOpenOutcome = 'taken' | 'refused' | 'silent';

export interface TriedWan {
  readonly name: string;
  /** Switched on, and not off for this WAN. */
  readonly mayFastOpen: boolean;
  readonly isSilent: boolean;
}

interface Trial {
  failures: number;
  /** When a SYN was overdue for which nobody knows the reason yet. */
  silentMs: number | undefined;
  isOff: boolean;
}

const MOST_FAILURES = 3;
// The probes find a dead WAN within a second, also by TCP.
const VERDICT_MS = 2000;

export class FastOpenTrials {
  private readonly onOff: (wan: string) => void;
  private readonly trials = new Map<string, Trial>();

  /** @param onOff told once when a WAN has failed too often */
  constructor(onOff: (wan: string) => void) {
    this.onOff = onOff;
  }

  update(wans: readonly TriedWan[]): void {
    const known = new Map(wans.map((wan) => [wan.name, wan]));
    for (const [name, trial] of this.trials) {
      const wan = known.get(name);
      // It died: that is why it was silent.
      if (!wan || wan.isSilent) trial.silentMs = undefined;
      if (wan && !wan.mayFastOpen) this.trials.delete(name);
    }
    for (const { name, mayFastOpen } of wans) {
      if (mayFastOpen && !this.trials.has(name))
        this.trials.set(name, { failures: 0, silentMs: undefined, isOff: false });
    }
  }

  mayUse(wan: string, nowMs: number): boolean {
    const trial = this.trials.get(wan);
    if (!trial || trial.isOff) return false;
    if (trial.silentMs === undefined) return true;
    if (nowMs - trial.silentMs < VERDICT_MS) return false;
    trial.silentMs = undefined;
    this.fail(wan, trial);
    return !trial.isOff;
  }

  note(wan: string, outcome: FastOpenOutcome, nowMs: number): void {
    const trial = this.trials.get(wan);
    if (!trial || trial.isOff) return;
    if (outcome === 'taken') trial.failures = 0;
    else if (outcome === 'refused') this.fail(wan, trial);
    else trial.silentMs ??= nowMs;
  }

  private fail(wan: string, trial: Trial): void {
    trial.failures++;
    if (trial.failures < MOST_FAILURES) return;
    trial.isOff = true;
    this.onOff(wan);
  }
}
