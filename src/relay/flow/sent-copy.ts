// The beginning of a stream as it was sent, kept so that it can be sent again over another connection: as long as the
// connection is young, nobody else is sure to have it.

/** A direction that has sent more goes on by splice, which hides the bytes; a connection has its second subflow by then. */
export const KEPT_BYTES = 256 * 1024;
/** A connection that has no second subflow by then has no other WAN. */
export const KEPT_MS = 30_000;

/** What the copies of a worker may hold together, in bytes. */
export interface CopyBudget {
  leftBytes: number;
}

/** Some thousand flows that open at the same time; those beyond it are carried without a copy. */
export const WORKER_COPY_BYTES = 32 * 1024 * 1024;

export class SentCopy {
  /** Place in the stream of the first byte that is kept. */
  from = 0;
  /** Place of the next byte to be sent. */
  end = 0;
  private readonly budget: CopyBudget;
  private readonly bornMs: number;
  private pieces: Buffer[] = [];
  private isWhole = true;

  constructor(budget: CopyBudget, nowMs: number) {
    this.budget = budget;
    this.bornMs = nowMs;
  }

  /** False when the copy was given up: nothing can be sent again. */
  get isKept(): boolean {
    return this.isWhole;
  }

  /** `bytes` have been sent; they are copied. */
  push(bytes: Uint8Array): void {
    if (!this.isWhole) return;
    if (this.end + bytes.length > KEPT_BYTES || bytes.length > this.budget.leftBytes) {
      this.drop();
      return;
    }
    this.end += bytes.length;
    this.budget.leftBytes -= bytes.length;
    this.pieces.push(Buffer.from(bytes));
  }

  /** All that is kept. */
  bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }

  /** What was sent from this place on, no longer counted as sent; undefined when it is not there. */
  rewind(place: number): Buffer | undefined {
    if (!this.isWhole || place < this.from || place > this.end) return undefined;
    const bytes = this.bytes();
    const kept = bytes.subarray(0, place - this.from);
    this.budget.leftBytes += this.end - place;
    this.end = place;
    this.pieces = kept.length > 0 ? [kept] : [];
    return bytes.subarray(kept.length);
  }

  /** The far end has all of it. */
  forget(): void {
    this.budget.leftBytes += this.end - this.from;
    this.pieces = [];
    this.from = this.end;
  }

  /** Gives up what has become too old. */
  age(nowMs: number): void {
    if (nowMs - this.bornMs > KEPT_MS) this.drop();
  }

  drop(): void {
    if (!this.isWhole) return;
    this.forget();
    this.isWhole = false;
  }
}
