// One transfer of a LAN program: opens a plain TCP connection to the origin, asks, and moves the bytes.
import { createHash, type Hash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { ByteStream } from './byte-stream.ts';
import { send } from './pump.ts';
import { formatRequest, type Request } from './request.ts';
import { monotonicMs, SAMPLE_INTERVAL_MS, type Sample, Sampler } from './sample.ts';

export interface Target {
  readonly address: string;
  readonly port: number;
}

export interface TransferResult {
  readonly bytes: number;
  /** From connect() to the first byte that came back. */
  readonly firstByteMs: number;
  readonly totalMs: number;
  /** Of the bytes received at the far end of the transfer; only for a transfer of a number of bytes. */
  readonly sha256?: string;
  /** As read at the origin; only for an upload of a number of seconds. */
  readonly samples?: readonly Sample[];
}

// Big reads: one call into JavaScript for half a megabyte at most.
const READ_BUFFER_BYTES = 512 * 1024;
const SMALL_READ_BUFFER_BYTES = 64 * 1024;

/** Downloads; `emit` sees what this program has read, ten times a second. */
export function download(
  target: Target,
  request: Request & { kind: 'get-bytes' | 'get-seconds' },
  emit: (sample: Sample) => void = () => undefined,
): Promise<TransferResult> {
  const wantsHash = request.kind === 'get-bytes';
  const small = wantsHash && request.bytes <= SMALL_READ_BUFFER_BYTES;
  const hash: Hash | undefined = wantsHash ? createHash('sha256') : undefined;
  const sampler = new Sampler(emit);
  const startMs = monotonicMs();
  let firstByteMs = 0;
  let timer: NodeJS.Timeout | undefined;
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      clearTimeout(timer);
      sampler.stop();
      const totalMs = monotonicMs() - startMs;
      resolve({ bytes: sampler.bytes, firstByteMs, totalMs, ...(hash && { sha256: hash.digest('hex') }) });
    };
    const socket: Socket = connect({
      host: target.address,
      port: target.port,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(small ? SMALL_READ_BUFFER_BYTES : READ_BUFFER_BYTES),
        callback: (length, buffer) => {
          if (sampler.bytes === 0) {
            firstByteMs = monotonicMs() - startMs;
            // A download of seconds ends by a reset, so that nothing queued on the way is waited for.
            if (request.kind === 'get-seconds') {
              timer = setTimeout(() => {
                finish();
                socket.resetAndDestroy();
              }, request.seconds * 1000);
            }
          }
          sampler.add(length);
          hash?.update(
            length === buffer.length ? buffer : Buffer.from(buffer.buffer, buffer.byteOffset, length),
          );
          return true;
        },
      },
    });
    socket.write(formatRequest(request));
    socket.once('end', finish);
    socket.once('error', (error) => {
      clearTimeout(timer);
      sampler.stop();
      reject(error);
    });
  });
}

/** Uploads; what counts is what the origin answers. `emit` sees what the kernel has taken from this program. */
export function upload(
  target: Target,
  request: Request & { kind: 'put-bytes' | 'put-seconds' },
  seed: number,
  emit: (sample: Sample) => void = () => undefined,
): Promise<TransferResult> {
  const startMs = monotonicMs();
  let firstByteMs = 0;
  let reply = '';
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.address, port: target.port, noDelay: true, allowHalfOpen: true });
    const bytes = request.kind === 'put-bytes' ? request.bytes : Number.POSITIVE_INFINITY;
    socket.write(formatRequest(request));
    const sending = send(socket, new ByteStream(seed, bytes), request.rateBps, () => socket.end());
    const sample = (): void => {
      const atMs = monotonicMs();
      emit({ atMs, bytes: sending.sentBytes - socket.writableLength, gapMs: 0, gapFromMs: atMs });
    };
    socket.once('connect', sample);
    const ticker = setInterval(sample, SAMPLE_INTERVAL_MS);
    socket.once('close', () => clearInterval(ticker));
    const finish = (): void => {
      sending.stop();
      const answer = JSON.parse(reply) as Pick<TransferResult, 'bytes' | 'sha256' | 'samples'>;
      resolve({ ...answer, firstByteMs, totalMs: monotonicMs() - startMs });
      if (request.kind === 'put-seconds') socket.resetAndDestroy();
      else socket.end();
    };
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      if (reply === '') firstByteMs = monotonicMs() - startMs;
      reply += text;
      if (reply.endsWith('\n')) finish();
    });
    socket.once('end', () => {
      if (!reply.endsWith('\n')) reject(new Error('the origin closed without an answer'));
    });
    socket.once('error', reject);
  });
}
