// A client's connection: opened without waiting, the request sent as soon as it is up.
import { parseAddress, type SocketAddress } from '../../src/base/address.ts';
import { close } from '../../src/linux/libc.ts';
import { connectResult, setNoDelay, startConnect } from '../../src/linux/sockets.ts';
import { BROKEN, type Loop, READABLE, type Watcher, WRITABLE } from '../../src/relay/loop/loop.ts';
import { Broken, write } from './socket-io.ts';

export interface ClientTarget {
  readonly to: SocketAddress;
  readonly mptcp: boolean;
}

export function clientTarget(address: string, port: number, mptcp: boolean): ClientTarget {
  return { to: { address: parseAddress(address), port }, mptcp };
}

export interface ClientHandlers {
  onReadable(flow: ClientFlow): void;
  onWritable?(flow: ClientFlow): void;
  /** It is closed by then. */
  onFailure(flow: ClientFlow, why: string): void;
}

export class ClientFlow implements Watcher {
  readonly startedMs = performance.now();
  readonly fd: number;
  readonly #loop: Loop;
  readonly #request: Buffer;
  readonly #handlers: ClientHandlers;
  #isConnected = false;
  #isClosed = false;

  /** @throws Broken when the kernel refuses at once */
  constructor(loop: Loop, target: ClientTarget, request: Buffer, handlers: ClientHandlers) {
    this.#loop = loop;
    this.#request = request;
    this.#handlers = handlers;
    const options = { from: undefined, device: undefined, congestion: undefined };
    this.fd = startConnect({ ...target, ...options });
    if (this.fd < 0) throw new Broken('connect', -this.fd);
    loop.watch(this.fd, this);
  }

  onEvents(events: number): void {
    try {
      if (!this.#isConnected) {
        if (!(events & (WRITABLE | BROKEN))) return;
        this.#connected();
      }
      if (events & READABLE) this.#handlers.onReadable(this);
      if (!this.#isClosed && events & WRITABLE) this.#handlers.onWritable?.(this);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.fail(error.message);
    }
  }

  #connected(): void {
    const result = connectResult(this.fd);
    if (result !== 0) throw new Broken('connect', result);
    this.#isConnected = true;
    setNoDelay(this.fd);
    const sent = write(this.fd, this.#request, this.#request.length);
    if (sent !== this.#request.length) throw new Error(`only ${sent} bytes of a request were taken at once`);
  }

  fail(why: string): void {
    if (this.#isClosed) return;
    this.close();
    this.#handlers.onFailure(this, why);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#loop.forget(this.fd);
    close(this.fd);
  }
}
