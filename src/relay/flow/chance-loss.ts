// Whether a transfer's paths lose packets by chance rather than for want of room: then its congestion control is the wrong one.
//
// Probes tell that of a WAN after a while, and flows that begin then get what bears it. A download that began before, or at
// the first minute of a router, would crawl to its end: at 5 % of loss cubic brings a WAN of 20 Mbit/s to 2, and holds up the
// bytes of the others meanwhile. The sender sees it in what it has to send again.
import type { SendPath } from '../../linux/send-paths.ts';

// Of what was sent, that had to be sent again. A window that a short queue keeps at 10 segments loses one in 70 for that
// alone (1.2 / sqrt(p), RFC 3649).
const LOSSY = 0.02;
// A retransmission timer that runs out again and again says that the path is gone, not that it loses some.
const LEAST_SENT_BYTES = 30_000;
// Slow start ends by losing up to half of a window, and repairs that for some round trips: it fills one span, or two.
const SPANS = 3;
const SPAN_MS = 250;
const SPAN_ROUND_TRIPS = 4;
// More than the shortest round trip by so much is a queue: who loses packets into one sends too much.
const QUEUE_FACTOR = 1.25;
const QUEUE_MS = 20;

interface Span {
  readonly atMs: number;
  readonly sentBytes: number;
  readonly againBytes: number;
  readonly hasQueue: boolean;
  /** How many before it, in a row, have lost packets by chance. */
  readonly lossySpans: number;
}

export class ChanceLoss {
  /** By the place of a path, which stays while no subflow goes. */
  private spans: Span[] = [];

  /**
   * To be called a few times a second while the transfer sends as much as it may.
   *
   * @returns true once a path has lost packets by chance for some time
   */
  look(paths: readonly SendPath[], nowMs: number): boolean {
    const { spans } = this;
    const isSame = paths.length >= spans.length && spans.every((span, i) => follows(paths[i], span));
    this.spans = paths.map((path, i) => next(path, isSame ? spans[i] : undefined, nowMs));
    return this.spans.some(({ lossySpans }) => lossySpans >= SPANS);
  }
}

/** A subflow that is gone took its counts with it: what follows it in the list has others. */
function follows(path: SendPath | undefined, { sentBytes }: Span): boolean {
  return path !== undefined && path.sentBytes >= sentBytes;
}

function next(path: SendPath, span: Span | undefined, nowMs: number): Span {
  const hasQueue = queues(path);
  if (!span) return begin(path, nowMs, hasQueue, 0);
  if (nowMs - span.atMs < Math.max(SPAN_MS, path.minRttMs * SPAN_ROUND_TRIPS)) {
    return hasQueue && !span.hasQueue ? { ...span, hasQueue } : span;
  }
  const isLossy = !hasQueue && !span.hasQueue && loses(path, span);
  return begin(path, nowMs, hasQueue, isLossy ? span.lossySpans + 1 : 0);
}

function begin(path: SendPath, atMs: number, hasQueue: boolean, lossySpans: number): Span {
  return { atMs, sentBytes: path.sentBytes, againBytes: path.againBytes, hasQueue, lossySpans };
}

function loses({ sentBytes, againBytes }: SendPath, since: Span): boolean {
  const sent = sentBytes - since.sentBytes;
  return sent >= LEAST_SENT_BYTES && againBytes - since.againBytes >= sent * LOSSY;
}

function queues({ rttMs, minRttMs }: SendPath): boolean {
  return rttMs > minRttMs * QUEUE_FACTOR + QUEUE_MS;
}
