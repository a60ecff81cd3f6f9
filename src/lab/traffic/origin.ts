// The origin of the lab: a plain-TCP server that sends and receives test bytes and knows nothing of MPTCP.
import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { describe } from '../../base/error.ts';
import { ByteStream } from './byte-stream.ts';
import { send } from './pump.ts';
import { parseRequest, REQUEST_MAX_BYTES } from './request.ts';
import { type Sample, Sampler } from './sample.ts';

// As large as the backlog that Linux allows by default, for a thousand flows at once.
const BACKLOG = 4096;
const BANNER = '220 lab origin speaks first\r\n';

/** Listens on `port` of every address, IPv4 and IPv6. `emit` sees what it reads of uploads that last for a time. */
export function listenOrigin(port: number, emit: (sample: Sample) => void): Promise<Server> {
  return listen(port, (socket) => awaitRequest(socket, emit));
}

/** A server that speaks first and then gives back what it is sent. */
export function listenBanner(port: number): Promise<Server> {
  return listen(port, (socket) => {
    socket.write(BANNER);
    socket.pipe(socket);
  });
}

function listen(port: number, serve: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: 1 << 20 }, (socket) => {
      // A reset ends that one connection; who opened it will see and report it.
      socket.on('error', () => socket.destroy());
      serve(socket);
    });
    server.once('error', reject);
    server.listen({ port, host: '::', backlog: BACKLOG }, () => resolve(server));
  });
}

function awaitRequest(socket: Socket, emit: (sample: Sample) => void): void {
  let head = Buffer.alloc(0);
  const onData = (data: Buffer): void => {
    head = Buffer.concat([head, data]);
    const end = head.indexOf(0x0a);
    if (end < 0 && head.length < REQUEST_MAX_BYTES) return;
    socket.off('data', onData);
    try {
      const line = head.toString('latin1', 0, Math.max(end, 0));
      serveRequest(socket, line, head.subarray(end + 1), emit);
    } catch (error) {
      socket.end(`${JSON.stringify({ error: describe(error) })}\n`);
    }
  };
  socket.on('data', onData);
  socket.once('end', () => {
    if (socket.listenerCount('data') > 0 && head.indexOf(0x0a) < 0) socket.end();
  });
}

function serveRequest(socket: Socket, line: string, first: Buffer, emit: (sample: Sample) => void): void {
  const request = parseRequest(line);
  switch (request.kind) {
    case 'get-bytes':
      socket.resume();
      send(socket, new ByteStream(request.seed, request.bytes), request.rateBps, () => socket.end());
      return;
    case 'get-seconds': {
      socket.resume();
      const endless = new ByteStream(0, Number.POSITIVE_INFINITY);
      const sending = send(socket, endless, request.rateBps, () => undefined);
      const timer = setTimeout(() => {
        sending.stop();
        socket.end();
      }, request.seconds * 1000);
      socket.once('close', () => clearTimeout(timer));
      return;
    }
    case 'put-bytes':
      receiveBytes(socket, first, request.bytes);
      return;
    case 'put-seconds':
      receiveFor(socket, first, request.seconds, emit);
  }
}

function receiveBytes(socket: Socket, first: Buffer, wantedBytes: number): void {
  const hash = createHash('sha256');
  let bytes = 0;
  let answered = false;
  const answer = (): void => {
    if (answered) return;
    answered = true;
    socket.end(`${JSON.stringify({ bytes, sha256: hash.digest('hex') })}\n`);
  };
  const onData = (data: Buffer): void => {
    bytes += data.length;
    if (answered) return;
    hash.update(data);
    if (bytes >= wantedBytes) answer();
  };
  onData(first);
  socket.on('data', onData);
  // A stream cut short is answered too, so that the sender sees how much came.
  socket.once('end', answer);
}

function receiveFor(socket: Socket, first: Buffer, seconds: number, emit: (sample: Sample) => void): void {
  const samples: Sample[] = [];
  const sampler = new Sampler((sample) => {
    samples.push(sample);
    emit(sample);
  });
  const answer = (): void => {
    sampler.stop();
    if (socket.writable) socket.write(`${JSON.stringify({ bytes: sampler.bytes, samples })}\n`);
  };
  sampler.add(first.length);
  socket.on('data', (data) => sampler.add(data.length));
  const timer = setTimeout(answer, seconds * 1000);
  socket.once('end', () => socket.end());
  socket.once('close', () => {
    clearTimeout(timer);
    sampler.stop();
  });
}
