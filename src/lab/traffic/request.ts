// The lab's one-line request: what a LAN program asks of the origin, as text on the wire.
import { WanbondError } from '../../base/error.ts';

export type Request = RequestOf & {
  /** At most so many bits per second; as fast as it goes when not given. */
  readonly rateBps?: number;
};

type RequestOf =
  /** The origin sends this many bytes of the stream of `seed`, then closes. */
  | { readonly kind: 'get-bytes'; readonly bytes: number; readonly seed: number }
  /** The origin sends for this long. */
  | { readonly kind: 'get-seconds'; readonly seconds: number }
  /** The origin receives this many bytes and answers their SHA-256. */
  | { readonly kind: 'put-bytes'; readonly bytes: number }
  /** The origin receives for this long and answers what it read when. */
  | { readonly kind: 'put-seconds'; readonly seconds: number };

/** Longest request line, its newline included. */
export const REQUEST_MAX_BYTES = 100;

export function formatRequest(request: Request): string {
  const rate = request.rateBps === undefined ? '' : ` rate ${request.rateBps}`;
  return `${withoutRate(request)}${rate}\n`;
}

function withoutRate(request: Request): string {
  switch (request.kind) {
    case 'get-bytes':
      return `GET bytes ${request.bytes} seed ${request.seed}`;
    case 'get-seconds':
      return `GET seconds ${request.seconds}`;
    case 'put-bytes':
      return `PUT bytes ${request.bytes}`;
    default:
      return `PUT seconds ${request.seconds}`;
  }
}

const PATTERN = /^(GET|PUT) (bytes|seconds) (\d+(?:\.\d+)?)(?: seed (\d+))?(?: rate (\d+))?$/;

/** @throws WanbondError `bad-request` */
export function parseRequest(line: string): Request {
  const match = PATTERN.exec(line);
  if (!match) {
    throw new WanbondError({
      code: 'bad-request',
      message: `the lab's origin does not understand ${JSON.stringify(line)}`,
      hint: 'Ask like "GET bytes 1000 seed 1", "GET seconds 10", "PUT bytes 1000" or "PUT seconds 10".',
    });
  }
  const amount = Number(match[3]);
  const paced = match[5] === undefined ? {} : { rateBps: Number(match[5]) };
  if (match[2] === 'seconds') {
    return { kind: match[1] === 'GET' ? 'get-seconds' : 'put-seconds', seconds: amount, ...paced };
  }
  if (match[1] === 'GET') return { kind: 'get-bytes', bytes: amount, seed: Number(match[4] ?? 0), ...paced };
  return { kind: 'put-bytes', bytes: amount, ...paced };
}
