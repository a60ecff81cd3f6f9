// Who is first this time: a smooth weighted round robin, so that each gets its share in any short run of turns.

export interface Sharer {
  /** Compared with the others; those with 0 are never first, unless all have 0. */
  readonly share: number;
}

export class Rotation<T extends Sharer> {
  private readonly items: readonly T[];
  private readonly credits: number[];
  private readonly total: number;
  /** By who is first; the same arrays each time. */
  private readonly orders: (readonly T[])[] = [];

  /** @param random 0 to 1: where it begins, so that those who begin anew all the time do not favour the first. */
  constructor(items: readonly T[], random: () => number = Math.random) {
    this.items = items;
    this.total = items.reduce((sum, { share }) => sum + share, 0);
    this.credits = items.map(({ share }) => (share > 0 ? random() * this.total : 0));
  }

  /** All items: the one whose turn it is, then the others in their own order. */
  next(): readonly T[] {
    const first = this.turn();
    if (first <= 0) return this.items;
    return (this.orders[first] ??= [
      this.items[first] as T,
      ...this.items.slice(0, first),
      ...this.items.slice(first + 1),
    ]);
  }

  private turn(): number {
    let first = 0;
    for (let i = 0; i < this.items.length; i++) {
      this.credits[i] = (this.credits[i] as number) + (this.items[i] as T).share;
      if ((this.credits[i] as number) > (this.credits[first] as number)) first = i;
    }
    if (this.items.length > 0) this.credits[first] = (this.credits[first] as number) - this.total;
    return first;
  }
}
