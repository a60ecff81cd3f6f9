// Those that are there now, of what comes and goes with every connection.
//
// Not a Set or a Map: V8 makes a new table for those every few dozen changes, and lets the old one point to it. An old
// table that was promoted keeps all later ones alive, with every flow that was ever in them, until the whole heap is
// collected: half of all young objects were copied and promoted that way (tried on Node 20).

/** Is in one roster at most. */
export interface Listed {
  /** Where in its roster it is; UNLISTED while it is in none. The roster's own. */
  rosterPlace: number;
}

/** Of what is in no roster yet. */
export const UNLISTED = -1;

export class Roster<T extends Listed> {
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  has(item: T): boolean {
    return item.rosterPlace !== UNLISTED && this.items[item.rosterPlace] === item;
  }

  add(item: T): void {
    if (this.has(item)) return;
    item.rosterPlace = this.items.length;
    this.items.push(item);
  }

  /** The last one takes its place. */
  delete(item: T): void {
    if (!this.has(item)) return;
    const last = this.items.pop() as T;
    if (last !== item) {
      this.items[item.rosterPlace] = last;
      last.rosterPlace = item.rosterPlace;
    }
    item.rosterPlace = UNLISTED;
  }

  /** From the last to the first: whoever leaves meanwhile is not met any more, one that has moved may be met twice. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = this.items.length - 1; i >= 0; i--) {
      const item = this.items[i];
      if (item) yield item;
    }
  }
}
