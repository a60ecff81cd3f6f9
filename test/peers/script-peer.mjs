// One end of a TCP connection that does what its arguments say, step by step, and prints a line per step.
// Run inside a lab host; ../support/script-peer.ts is its other half and knows the steps.
//
// It reads with recv(2) and not through node's streams: libuv reports a reset that meets unread bytes as an orderly end.
import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { MSG_DONTWAIT, SO_LINGER, SOL_SOCKET } from '../../src/linux/constants.ts';
import { EAGAIN, errnoName } from '../../src/linux/errno.ts';
import { errno, rawRecv, rawSetsockopt } from '../../src/linux/libc.ts';

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
// The signal may come before the step that waits for it.
const signalled = once(process, 'SIGUSR1').then(() => undefined);
const buffer = Buffer.alloc(256 * 1024);
const CHUNK = Buffer.alloc(64 * 1024, 'wanbond');

class Script {
  constructor(socket) {
    this.socket = socket;
    this.fd = socket._handle.fd;
    this.hash = createHash('sha256');
    this.sent = createHash('sha256');
    this.sentBytes = 0;
    this.bytes = 0;
    /** How reading came to its end. */
    this.outcome = undefined;
    /** Why writing is over. */
    this.failure = undefined;
    socket.pause();
    this.wake = () => undefined;
    socket.on('drain', () => this.wake());
    socket.on('error', (error) => {
      this.failure = error.code;
      this.wake();
    });
  }

  async readUntil(wanted) {
    while (this.bytes < wanted && this.outcome === undefined) {
      const read = rawRecv(this.fd, buffer, Math.min(buffer.length, wanted - this.bytes), MSG_DONTWAIT);
      if (read > 0) {
        this.bytes += read;
        this.hash.update(buffer.subarray(0, read));
      } else if (read === 0) {
        this.outcome = 'end';
      } else if (errno() === EAGAIN) {
        await delay(1);
      } else {
        this.outcome = errnoName(errno());
      }
    }
  }

  async write(bytes) {
    this.sent.update(bytes);
    this.sentBytes += bytes.length;
    if (this.socket.write(bytes) || this.failure) return;
    await new Promise((resolve) => (this.wake = resolve));
  }

  /** Bytes that the kernel has taken. */
  get takenBytes() {
    return this.sentBytes - this.socket.writableLength;
  }

  async send(count, chunkBytes = CHUNK.length, pauseMs = 0) {
    const ticker = setInterval(() => print({ taken: this.takenBytes }), 100);
    for (let left = count; left > 0 && !this.failure; left -= chunkBytes) {
      await this.write(CHUNK.subarray(0, Math.min(chunkBytes, left)));
      if (pauseMs > 0) await delay(pauseMs);
    }
    clearInterval(ticker);
    return { sentBytes: this.sentBytes, sha256: this.sent.copy().digest('hex') };
  }

  async read(count) {
    await this.readUntil(this.bytes + count);
    return { bytes: this.bytes };
  }

  async readAll() {
    await this.readUntil(Number.POSITIVE_INFINITY);
    return { bytes: this.bytes, sha256: this.hash.copy().digest('hex'), outcome: this.outcome };
  }

  /** Ends the process, and with it the socket: node's own way sends a FIN before the RST, and waits for it. */
  reset() {
    rawSetsockopt(this.fd, SOL_SOCKET, SO_LINGER, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), 8);
    process.exit(0);
  }

  async step([name, ...numbers]) {
    if (name === 'send') return this.send(...numbers);
    if (name === 'read') return this.read(...numbers);
    if (name === 'readAll') return this.readAll();
    if (name === 'fin') return void this.socket.end();
    if (name === 'reset') return this.reset();
    if (name === 'signal') return signalled;
    throw new Error(`no such step: ${name}`);
  }

  async run(steps) {
    // A socket that is not read and has nothing to write does not keep the process.
    const alive = setInterval(() => undefined, 1000);
    for (const step of steps) print({ step: step[0], ...(await this.step(step)) });
    clearInterval(alive);
  }
}

const [role, where, stepsText] = process.argv.slice(2);
const { address, port } = JSON.parse(where);
const steps = JSON.parse(stepsText);
const options = { allowHalfOpen: true, noDelay: true };
if (role === 'listen') {
  const server = createServer({ ...options, pauseOnConnect: true }, (socket) => {
    server.close();
    void new Script(socket).run(steps);
  });
  server.listen({ port, host: '::' }, () => print({ ready: true }));
} else {
  const socket = connect({ ...options, host: address, port });
  socket.pause();
  socket.once('connect', () => void new Script(socket).run(steps));
}
