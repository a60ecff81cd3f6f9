// From an opening of the router to its flow: what has left and what is still to leave, and in which of its forms it goes on.
import type { StreamCodec } from '../../transport/stream-codec.ts';
import { congestionFor } from '../congestion-choice.ts';
import type { Conn } from '../loop/conn.ts';
import { Flow } from '../flow/flow.ts';
import type { HelloLink } from './hello-link.ts';
import type { PendingRequest } from './pending-request.ts';
import type { RouterOpeningPlan } from './router-opening-plan.ts';
import type { WorkerContext } from '../worker-context.ts';
import { YoungFlow } from './young-flow.ts';

const NOTHING: Buffer = Buffer.alloc(0);

export interface EstablishedOpening {
  readonly client: Conn;
  /** The reply to it has come on its connection. */
  readonly request: PendingRequest;
  readonly plan: RouterOpeningPlan;
  /** For the device: our own answer to it, and what came behind the reply. */
  readonly received: Buffer;
  /** So many bytes of it are our own. */
  readonly ownBytes: number;
  readonly codec: StreamCodec | undefined;
  /** A far end that can refuse only by ending the flow before its first byte has done so. */
  readonly onRefused: () => void;
}

export function startCarriedFlow(context: WorkerContext, opening: EstablishedOpening): void {
  const { client, request, plan, received, ownBytes, codec } = opening;
  const { conn, candidate } = request.link as HelloLink;
  const { candidates, handshake } = request.route;
  const { sent, unsent } = firstBytes(opening);
  context.counters.add('bytesToFar', sent.length);
  if (handshake.isBlind || !handshake.resume || candidates.every(({ wan }) => wan === candidate.wan)) {
    Flow.start(context, {
      near: client,
      far: conn,
      firstToFar: unsent,
      firstToNear: received,
      sentToFarBytes: sent.length,
      sealed: codec && { side: 'far', codec },
      onRefused: handshake.isBlind ? opening.onRefused : undefined,
    });
    return;
  }
  const { target, settings, hints } = plan;
  const spec = {
    target,
    wan: candidate.wan,
    candidates,
    handshake,
    attempts: request.attempts,
    congestion: congestionFor(settings.congestion, hints),
    handshakeTimeoutMs: settings.handshakeTimeoutMs,
    all: plan.young,
  };
  YoungFlow.start(context, spec, { client, upstream: conn, sent, unsent, received, ownBytes });
}

/** The device's bytes that have left with the hello or behind it, and what is to be sent before any others. */
function firstBytes({ request, codec }: EstablishedOpening): { sent: Buffer; unsent: Buffer } {
  const { unsent } = request.link as HelloLink;
  const early = request.early.all;
  if (request.holdsEarly) return { sent: NOTHING, unsent: Buffer.concat([unsent, early]) };
  // Sealed bytes are counted when they are sealed.
  if (codec) return { sent: early, unsent };
  // The flow counts what it moves itself.
  return { sent: early.subarray(0, Math.max(0, early.length - unsent.length)), unsent };
}
