// Looks up the names that clients ask for, as every program on the host does; a few at a time, because this takes threads
// that the daemon needs for other things.
import type { Address } from '../../base/address.ts';
import { resolveHost } from '../../base/resolve-host.ts';

// RFC 1123, and the underscore that people use all the same; or an address as text, which some clients send as a name.
const NAME = /^[a-z0-9_.:-]{1,253}$/i;
// Of the four threads that Node has for such calls.
const AT_ONCE = 2;
// With a resolver that is gone each takes seconds: who comes later is told at once.
const MOST_WAITING = 256;
// Whoever asked has given up by then: names whose servers are silent would hold up all others for minutes.
const LONGEST_WAIT_MS = 10_000;

export type Lookup = (name: string) => Promise<readonly Address[]>;

interface Waiting {
  readonly name: string;
  readonly sinceMs: number;
  readonly answer: (addresses: readonly Address[]) => void;
}

export class NameLookups {
  readonly #lookUp: Lookup;
  readonly #now: () => number;
  /** By name: those that run or wait. */
  readonly #asked = new Map<string, Promise<readonly Address[]>>();
  /** In the order in which they came. */
  readonly #waiting: Waiting[] = [];
  #running = 0;

  /** @param now in milliseconds, steady */
  constructor(lookUp: Lookup = resolveHost, now: () => number = () => performance.now()) {
    this.#lookUp = lookUp;
    this.#now = now;
  }

  /** In the order of the host's resolver; empty when there is no such name, or too many wait for theirs, or for too long. */
  ask(name: string): Promise<readonly Address[]> {
    if (!NAME.test(name)) return Promise.resolve([]);
    const known = this.#asked.get(name);
    if (known) return known;
    this.#giveUpOld();
    if (this.#waiting.length >= MOST_WAITING) return Promise.resolve([]);
    const asked = new Promise<readonly Address[]>((answer) => {
      this.#waiting.push({ name, sinceMs: this.#now(), answer });
    });
    this.#asked.set(name, asked);
    this.#begin();
    return asked;
  }

  #begin(): void {
    this.#giveUpOld();
    while (this.#running < AT_ONCE) {
      const next = this.#waiting.shift();
      if (!next) return;
      void this.#run(next);
    }
  }

  async #run(one: Waiting): Promise<void> {
    this.#running++;
    this.#answer(one, await this.#lookUp(one.name));
    this.#running--;
    this.#begin();
  }

  #giveUpOld(): void {
    const untilMs = this.#now() - LONGEST_WAIT_MS;
    while (this.#waiting[0] && this.#waiting[0].sinceMs < untilMs) {
      this.#answer(this.#waiting.shift() as Waiting, []);
    }
  }

  #answer({ name, answer }: Waiting, addresses: readonly Address[]): void {
    this.#asked.delete(name);
    answer(addresses);
  }
}
