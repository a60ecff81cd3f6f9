// The congestion control of a transfer that runs: what its trial asks for is done on its socket, and undone.
import { congestionOf, setCongestion } from '../../linux/congestion.ts';
import type { SendPath } from '../../linux/send-paths.ts';
import type { Counters } from '../counters.ts';
import { CongestionTrial } from './congestion-trial.ts';
import type { FullTransfers } from './full-transfers.ts';

// More fill a path that loses packets together, and behind a short queue each of so many has to lose some.
const FEW_TRANSFERS = 4;

export interface CongestionContext {
  readonly loop: { readonly nowMs: number };
  /** What bears paths that lose packets; undefined where there is none, or no other than flows have anyway. */
  readonly congestionForLoss: string | undefined;
  readonly fullTransfers: FullTransfers;
  readonly counters: Pick<Counters, 'add'>;
}

export class TransferCongestion {
  private readonly context: CongestionContext;
  private readonly trial = new CongestionTrial();
  /** Where both sides are MPTCP only one is tried. */
  private fd: number | undefined;
  private before = '';
  private lookedMs: number | undefined;

  constructor(context: CongestionContext) {
    this.context = context;
  }

  /** @returns false when there is nothing left to try */
  look(fd: number, paths: readonly SendPath[]): boolean {
    const { congestionForLoss, fullTransfers, loop } = this.context;
    const full = fullTransfers.note(this.lookedMs, loop.nowMs);
    this.lookedMs = loop.nowMs;
    if (congestionForLoss === undefined || this.trial.isOver) return false;
    this.fd ??= fd;
    if (fd !== this.fd) return true;
    const verdict = this.trial.look(paths, loop.nowMs, full <= FEW_TRANSFERS);
    if (verdict === 'begin') this.begin(fd, congestionForLoss);
    if (verdict === 'undo') setCongestion(fd, this.before);
    return true;
  }

  private begin(fd: number, name: string): void {
    this.before = congestionOf(fd);
    // It has it from its start, or could not be given back what it has.
    if (this.before === name || this.before === '') return this.trial.giveUp();
    setCongestion(fd, name);
    this.context.counters.add('congestionTrials', 1);
  }
}
