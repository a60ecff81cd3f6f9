// Counts what goes through the interfaces of the WANs while the daemon runs, and keeps the month on disk.
import { describe } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { WanConfig } from '../../config/wan.ts';
import type { InterfaceCount } from '../../linux/interface-counters.ts';
import {
  addUse,
  type ByteCount,
  countSince,
  type MonthUse,
  monthUse,
  NO_USE,
  type WanUsage,
} from './usage.ts';
import { readUsage, writeUsage } from './usage-file.ts';

// What a power cut may cost: so many seconds of traffic, or as good as none for longer. Flash wears by writes.
const SAVE_EVERY_MS = 30_000;
const LITTLE_BYTES = 1_000_000;
const SAVE_LITTLE_EVERY_MS = 600_000;

export class UsageMeter {
  private wans: readonly WanConfig[];
  private readonly dataDir: string;
  private readonly log: Log;
  private readonly usage: Map<string, WanUsage>;
  /** By WAN name: the interface's own counters when they were looked at last, and what has come since the start. */
  private readonly seen = new Map<string, ByteCount>();
  private readonly counted = new Map<string, ByteCount>();
  private savedAtMs = Number.NEGATIVE_INFINITY;
  private unsavedBytes = 0;
  private saving: Promise<void> | undefined;
  private hasFailed = false;

  constructor(wans: readonly WanConfig[], dataDir: string, log: Log) {
    const { usage, damage } = readUsage(dataDir);
    if (damage !== undefined) log.warn(`${damage}: the use of the WANs this month is counted anew`);
    this.wans = wans;
    this.dataDir = dataDir;
    this.log = log;
    this.usage = new Map(usage);
  }

  /** The use of a WAN is kept by its name, whatever its interface; what another interface has counted is not its use. */
  reconfigure(next: readonly WanConfig[]): void {
    for (const { name, interface: device } of this.wans) {
      if (!next.some((wan) => wan.name === name && wan.interface === device)) this.seen.delete(name);
    }
    this.wans = next;
  }

  /** To be called often enough that an interface made anew in between has not counted as much as the old one. */
  count(counters: ReadonlyMap<string, InterfaceCount>, nowMs: number, now: Date): void {
    for (const { name, interface: device } of this.wans) {
      // One that is gone comes back with counters at zero.
      const { rxBytes, txBytes } = counters.get(device) ?? { rxBytes: 0, txBytes: 0 };
      const before = this.seen.get(name);
      this.seen.set(name, { rxBytes, txBytes });
      // What it had counted before the daemon started is not ours to tell the month of.
      if (!before) continue;
      this.add(name, countSince(before, { rxBytes, txBytes }), now);
    }
    const isDue =
      nowMs - this.savedAtMs >= (this.unsavedBytes < LITTLE_BYTES ? SAVE_LITTLE_EVERY_MS : SAVE_EVERY_MS);
    if (isDue && this.unsavedBytes > 0 && !this.saving) void this.save(nowMs);
  }

  /** Since the start; it never falls. */
  sinceStart(wan: string): ByteCount {
    return this.counted.get(wan) ?? { rxBytes: 0, txBytes: 0 };
  }

  month({ name, capDay }: WanConfig, now: Date): MonthUse {
    return monthUse(this.usage.get(name) ?? NO_USE, capDay, now);
  }

  /** Writes what is not on disk yet. */
  async stop(): Promise<void> {
    await this.saving;
    if (this.unsavedBytes > 0) await this.save(0);
  }

  private add(wan: string, bytes: ByteCount, now: Date): void {
    if (bytes.rxBytes + bytes.txBytes === 0) return;
    const before = this.sinceStart(wan);
    this.counted.set(wan, {
      rxBytes: before.rxBytes + bytes.rxBytes,
      txBytes: before.txBytes + bytes.txBytes,
    });
    this.usage.set(wan, addUse(this.usage.get(wan) ?? NO_USE, bytes, now));
    this.unsavedBytes += bytes.rxBytes + bytes.txBytes;
  }

  private async save(nowMs: number): Promise<void> {
    this.savedAtMs = nowMs;
    this.unsavedBytes = 0;
    this.saving = writeUsage(this.dataDir, this.usage).then(
      () => {
        this.hasFailed = false;
      },
      (error: unknown) => {
        if (!this.hasFailed) {
          this.log.warn(
            `the use of the WANs cannot be kept in ${this.dataDir}, so a restart loses it: ${describe(error)}; make the folder writable, or name another as data-dir`,
          );
        }
        this.hasFailed = true;
      },
    );
    await this.saving;
    this.saving = undefined;
  }
}
