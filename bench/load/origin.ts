// The origin: answers, echoes, streams and drains in one thread, with little work per byte.
import { ANY_V4 } from '../../src/base/address.ts';
import { SOCK_CLOEXEC, SOCK_NONBLOCK } from '../../src/linux/constants.ts';
import { close, rawAccept4 } from '../../src/linux/libc.ts';
import { openListener } from '../../src/linux/sockets.ts';
import { Loop, READABLE, type Task, type Watcher } from '../../src/relay/loop/loop.ts';
import { Broken, drop, read, WAIT, write } from './socket-io.ts';
import { type Ask, decodeRequest, REQUEST_BYTES } from './wire.ts';

const BLOCK_BYTES = 256 * 1024;
// One flow's share of a round, when there are others.
const TURN_BYTES = 1 << 20;
const BACKLOG = 16_384;
const WAIT_MS = 1000;

const block = Buffer.alloc(BLOCK_BYTES, 'wanbond ');
const incoming = Buffer.alloc(BLOCK_BYTES);

/** Listens for ever. @param onReady called once connections are taken */
export function runOrigin(port: number, mptcp: boolean, onReady: () => void): never {
  const loop = new Loop();
  const at = { address: ANY_V4, port };
  const listener = openListener({ at, mptcp, transparent: false, congestion: undefined, backlog: BACKLOG });
  loop.watch(listener, {
    onEvents: () => {
      for (;;) {
        const fd = rawAccept4(listener, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        loop.watch(fd, new OriginFlow(loop, fd));
      }
    },
  });
  onReady();
  for (;;) loop.round(WAIT_MS);
}

class OriginFlow implements Watcher, Task {
  readonly #loop: Loop;
  readonly #fd: number;
  readonly #request = Buffer.alloc(REQUEST_BYTES);
  #requestBytes = 0;
  #ask: Ask | undefined;
  #bytes = 0;
  /** Still to be sent. */
  #owed = 0;
  /** Of the ping that is coming in. */
  #pingBytes = 0;
  #isClosed = false;
  #isQueued = false;

  constructor(loop: Loop, fd: number) {
    this.#loop = loop;
    this.#fd = fd;
  }

  onEvents(events: number): void {
    try {
      if (events & READABLE && !this.#takeIn()) return this.#close();
      if (!this.#sendOut()) this.#close();
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.#close();
    }
  }

  onTurn(): void {
    this.#isQueued = false;
    // Closed in the meantime, and perhaps another flow's fd by now: onEvents was what closed it.
    if (!this.#isClosed) this.onEvents(READABLE);
  }

  #goOn(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#loop.soon(this);
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#loop.forget(this.#fd);
    close(this.#fd);
  }

  /** False at the end. */
  #takeIn(): boolean {
    for (let taken = 0; taken < TURN_BYTES; ) {
      const count = this.#ask === 'drain' || this.#ask === 'stream' ? this.#dropSome() : this.#readSome();
      if (count === 0) return false;
      if (count === WAIT) return true;
      taken += count;
    }
    this.#goOn();
    return true;
  }

  #dropSome(): number {
    const count = drop(this.#fd);
    if (count > 0 && this.#ask === 'stream') this.#owed = Number.POSITIVE_INFINITY;
    return count;
  }

  #readSome(): number {
    if (this.#ask !== undefined) {
      const count = read(this.#fd, incoming);
      if (count > 0) this.#countPings(count);
      return count;
    }
    const rest = this.#request.subarray(this.#requestBytes);
    const count = read(this.#fd, rest);
    if (count > 0) this.#requestBytes += count;
    if (this.#requestBytes === REQUEST_BYTES) this.#begin();
    return count;
  }

  #begin(): void {
    const { ask, bytes } = decodeRequest(this.#request);
    this.#ask = ask;
    this.#bytes = bytes;
    this.#owed = ask === 'answer' ? bytes : 1;
  }

  #countPings(count: number): void {
    this.#pingBytes += count;
    const whole = Math.floor(this.#pingBytes / this.#bytes);
    this.#pingBytes -= whole * this.#bytes;
    this.#owed += whole * this.#bytes;
  }

  /** False when it is done. */
  #sendOut(): boolean {
    for (let sent = 0; this.#owed > 0; ) {
      if (sent >= TURN_BYTES) {
        this.#goOn();
        return true;
      }
      const count = write(this.#fd, block, Math.min(this.#owed, BLOCK_BYTES));
      if (count === WAIT) return true;
      sent += count;
      this.#owed -= count;
    }
    return this.#ask !== 'answer';
  }
}
