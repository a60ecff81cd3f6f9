// Keeps what a socket may buffer in step with what the WANs turn out to carry: it is raised, but not lowered while the
// router runs, because what is not needed costs nothing, and because a connection keeps the window scale it began with.
import type { Log } from '../../base/log.ts';
import { describe } from '../../base/error.ts';
import { formatSize } from '../../base/units.ts';
import type { RouterConfig } from '../../config/router.ts';
import type { HostFacts } from '../../plan/host-facts.ts';
import { bufferSteps } from '../../plan/kernel-steps.ts';
import { type BufferedWan, type BufferLimit, bufferLimit } from '../../wan/buffer-limit.ts';
import { firstBufferLimit } from './buffer-limits.ts';
import type { JournaledSteps } from './journaled-steps.ts';

export class BufferInStep {
  /** In force. */
  limit: BufferLimit;
  private isFixed: boolean;
  private readonly memoryBytes: number;
  private readonly log: Log;

  /** @param config a change of `relay.buffer-max` takes a restart */
  constructor(config: RouterConfig, memoryBytes: number, log: Log) {
    this.limit = firstBufferLimit(config, memoryBytes);
    this.isFixed = config.relay.bufferMaxBytes !== undefined;
    this.memoryBytes = memoryBytes;
    this.log = log;
  }

  /** True when it was raised. @param facts read only when it has to be */
  bring(wans: readonly BufferedWan[], facts: () => HostFacts, made: Pick<JournaledSteps, 'apply'>): boolean {
    if (this.isFixed) return false;
    const wanted = bufferLimit(wans, this.memoryBytes);
    if (wanted.bytes <= this.limit.bytes) return false;
    const now = facts();
    try {
      made.apply(bufferSteps(now, wanted.bytes), now);
    } catch (error) {
      // A container that may not write it now may not in a second either, and the WANs have to be followed all the same.
      this.isFixed = true;
      this.log.warn(
        { err: error },
        `sockets may not buffer more than ${formatSize(this.limit.bytes)}: ${describe(error)}; set relay.buffer-max to that, or allow it and restart`,
      );
      return false;
    }
    this.limit = wanted;
    this.log.info({ reason: wanted.reason }, `sockets may buffer up to ${formatSize(wanted.bytes)} now`);
    return true;
  }
}
