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

export type Lookup = (name: string) => Promise<readonly Address[]>;

export class NameLookups {
  readonly #lookUp: Lookup;
  /** By name: those that run or wait. */
  readonly #asked = new Map<string, Promise<readonly Address[]>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(lookUp: Lookup = resolveHost) {
    this.#lookUp = lookUp;
  }

  /** In the order of the host's resolver; empty when there is no such name, or too many wait for theirs. */
  ask(name: string): Promise<readonly Address[]> {
    if (!NAME.test(name)) return Promise.resolve([]);
    const known = this.#asked.get(name);
    if (known) return known;
    if (this.#waiting.length >= MOST_WAITING) return Promise.resolve([]);
    const asked = this.#turn().then(() => this.#lookUp(name));
    this.#asked.set(name, asked);
    void asked.finally(() => this.#onEnd(name));
    return asked;
  }

  #turn(): Promise<void> {
    if (this.#running < AT_ONCE) {
      this.#running++;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #onEnd(name: string): void {
    this.#asked.delete(name);
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running--;
  }
}
