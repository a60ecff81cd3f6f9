// What a client remembers between flows: its session at the server, and which tokens of the window it has not spent.
//
// One of it per worker and server: a token leaves it once. Flows that start before the first answer go without.
import type { TokenWindow } from './tokens.ts';
import { distance, isLess } from './tokens.ts';

/** What a request carries of it. */
export interface Ticket {
  readonly id: Uint8Array;
  /** Undefined when all of the window are spent. */
  readonly token: number | undefined;
}

/** How many flows are asked for; a server may give less. */
export const WANTED_TOKENS = 2048;
/** Of those that start before an answer, one in so many asks again: the one that asked may have come to nothing. */
const ASK_EVERY = 64;

export class ClientSession {
  #id: Uint8Array | undefined;
  #window: TokenWindow = { base: 0, size: 0 };
  #next = 0;
  #sinceAsked = ASK_EVERY;

  /** Undefined without a session. */
  take(): Ticket | undefined {
    if (!this.#id) return undefined;
    const isLeft = distance(this.#window.base, this.#next) < this.#window.size;
    const token = isLeft ? this.#next : undefined;
    if (isLeft) this.#next = (this.#next + 1) >>> 0;
    return { id: this.#id, token };
  }

  /** Whether this flow shall ask for a session. */
  shouldAsk(): boolean {
    if (this.#id || ++this.#sinceAsked <= ASK_EVERY) return false;
    this.#sinceAsked = 0;
    return true;
  }

  /** An answer to a flow that asked. One that comes when there is a session already is of no use. */
  start(id: Uint8Array, window: TokenWindow): void {
    if (this.#id) return;
    this.#id = Uint8Array.from(id);
    this.#window = window;
    this.#next = window.base;
  }

  /** What the server tells of the window of session `id`; answers may overtake each other, so it only ever moves on. */
  move(id: Uint8Array, window: TokenWindow): void {
    if (!this.#is(id) || !isLess(this.#window.base, window.base)) return;
    this.#window = window;
    if (isLess(this.#next, window.base)) this.#next = window.base;
  }

  /** The server does not know session `id`. */
  forget(id: Uint8Array): void {
    if (!this.#is(id)) return;
    this.#id = undefined;
    this.#sinceAsked = ASK_EVERY;
  }

  #is(id: Uint8Array): boolean {
    return this.#id !== undefined && Buffer.compare(this.#id, id) === 0;
  }
}
