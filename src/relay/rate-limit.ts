// One log line per reason and interval; what was held back is counted and told with the next line.

export interface LogEntry {
  readonly message: string;
  /** Lines of the same reason held back since the last one. */
  readonly suppressed: number;
}

interface Held {
  openAtMs: number;
  suppressed: number;
  lastMessage: string;
}

export class RateLimit {
  private readonly held = new Map<string, Held>();
  private readonly intervalMs: number;

  constructor(intervalMs: number) {
    this.intervalMs = intervalMs;
  }

  /** The line to write now, or undefined when this reason wrote one less than an interval ago. */
  pass(reason: string, message: string, nowMs: number): LogEntry | undefined {
    const held = this.held.get(reason);
    if (held && nowMs < held.openAtMs) {
      held.suppressed++;
      held.lastMessage = message;
      return undefined;
    }
    this.held.set(reason, { openAtMs: nowMs + this.intervalMs, suppressed: 0, lastMessage: message });
    return { message, suppressed: held?.suppressed ?? 0 };
  }

  /** Lines of reasons that went quiet while something was held back: the last of them, and how many more. */
  flush(nowMs: number): { reason: string; entry: LogEntry }[] {
    const out: { reason: string; entry: LogEntry }[] = [];
    for (const [reason, held] of this.held) {
      if (nowMs < held.openAtMs) continue;
      this.held.delete(reason);
      if (held.suppressed > 0) {
        out.push({ reason, entry: { message: held.lastMessage, suppressed: held.suppressed - 1 } });
      }
    }
    return out;
  }
}
