// What a LAN device does beside a long transfer: some flows that stay open, and a new connection every so often.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe } from '../../base/error.ts';
import { within } from '../../base/within.ts';
import { ByteStream, streamSha256 } from './byte-stream.ts';
import { download, type Target } from './client.ts';
import { monotonicMs } from './sample.ts';

export interface Visit {
  /** When it connected: milliseconds of CLOCK_MONOTONIC. */
  readonly atMs: number;
  /** From connect() to the first byte that came back; undefined when it failed. */
  readonly firstByteMs?: number;
  readonly error?: string;
}

export interface AlongsideResult {
  /** In the order in which they began. */
  readonly visits: readonly Visit[];
  /** Flows that were open all the time. */
  readonly talks: number;
  /** What became of those that did not end well. */
  readonly talkErrors: readonly string[];
}

export interface AlongsideOptions {
  readonly target: Target;
  /** The port of the server that gives back what it is sent. */
  readonly bannerPort: number;
  readonly talks: number;
  readonly visitIntervalMs: number;
}

const VISIT_BYTES = 1000;
// Together a few per cent of a slow WAN, so that they do not compete with the transfer that is measured.
const TALK_BYTES = 1000;
const TALK_INTERVAL_MS = 50;
// A connection attempt of the router ends after less, and a flow that goes on has caught up by then.
const LIMIT_MS = 15_000;

/** Goes on until `stop` aborts, then lets everything that has begun come to its end. */
export async function runAlongside(options: AlongsideOptions, stop: AbortSignal): Promise<AlongsideResult> {
  const talks = Array.from({ length: options.talks }, (_, seed) => runTalk(options, seed, stop));
  const visits: Promise<Visit>[] = [];
  while (!stop.aborted) {
    visits.push(visit(options.target));
    await sleep(options.visitIntervalMs, undefined, { signal: stop }).catch(() => undefined);
  }
  const talkErrors = (await Promise.all(talks)).filter((error) => error !== undefined);
  return { visits: await Promise.all(visits), talks: options.talks, talkErrors };
}

async function visit(target: Target): Promise<Visit> {
  const atMs = monotonicMs();
  let firstByteMs: number | undefined;
  const loading = download(target, { kind: 'get-bytes', bytes: VISIT_BYTES, seed: 0 }).then((result) => {
    if (result.sha256 !== streamSha256(0, VISIT_BYTES)) throw new Error('its content is not what was sent');
    firstByteMs = result.firstByteMs;
  });
  try {
    if (!(await within(loading, LIMIT_MS))) return { atMs, error: `no end within ${LIMIT_MS} ms` };
  } catch (error) {
    return { atMs, error: (error as NodeJS.ErrnoException).code ?? describe(error) };
  }
  return firstByteMs === undefined ? { atMs, error: 'no byte came' } : { atMs, firstByteMs };
}

/** One flow that sends a little all the time and gets it back; resolves with what went wrong. */
function runTalk(
  { target, bannerPort }: AlongsideOptions,
  seed: number,
  stop: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.address, port: bannerPort, noDelay: true, allowHalfOpen: true });
    const sent = new ByteStream(seed, Number.POSITIVE_INFINITY);
    const expected = new ByteStream(seed, Number.POSITIVE_INFINITY);
    let hasBanner = false;
    let sentBytes = 0;
    let receivedBytes = 0;
    const finish = (error: string | undefined): void => {
      clearInterval(talking);
      clearTimeout(limit);
      stop.removeEventListener('abort', end);
      socket.destroy();
      resolve(error);
    };
    const say = (): void => {
      if (!hasBanner) return;
      const bytes = sent.next(TALK_BYTES) as Buffer;
      sentBytes += bytes.length;
      socket.write(bytes);
    };
    const talking = setInterval(say, TALK_INTERVAL_MS);
    let limit: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearInterval(talking);
      socket.end();
      limit = setTimeout(() => finish(`no end within ${LIMIT_MS} ms`), LIMIT_MS);
    };
    stop.addEventListener('abort', end);
    socket.on('data', (data) => {
      const newline = hasBanner ? -1 : data.indexOf(0x0a);
      if (!hasBanner && newline < 0) return;
      hasBanner = true;
      const body = data.subarray(newline + 1);
      receivedBytes += body.length;
      for (let rest = body; rest.length > 0; ) {
        const piece = expected.next(rest.length) as Buffer;
        if (!piece.equals(rest.subarray(0, piece.length))) return finish('its content is not what was sent');
        rest = rest.subarray(piece.length);
      }
    });
    socket.once('end', () => {
      finish(
        stop.aborted && receivedBytes === sentBytes
          ? undefined
          : `ended after ${receivedBytes} of ${sentBytes} bytes`,
      );
    });
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
}
