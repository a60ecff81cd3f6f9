// From an opening of the router to its flow: what has left and what is still to leave, and in which of its forms it goes on.
import type { SocketAddress } from '../../base/address.ts';
import type { ClientHandshake } from '../../transport/handshake.ts';
import type { StreamCodec } from '../../transport/stream-codec.ts';
import type { Conn } from '../loop/conn.ts';
import { Flow } from '../flow/flow.ts';
import type { HelloLink } from './hello-link.ts';
import type { Candidate } from './router-policy.ts';
import type { WorkerContext } from '../worker-context.ts';
import { YoungFlow } from './young-flow.ts';

const NOTHING: Buffer = Buffer.alloc(0);

export interface EstablishedOpening {
  readonly client: Conn;
  readonly link: HelloLink;
  readonly target: SocketAddress;
  /** All the ways to this server. */
  readonly candidates: readonly Candidate[];
  /** Of the request's first hello. */
  readonly handshake: ClientHandshake;
  /** Hellos that have gone out to say it again. */
  readonly attempts: number;
  readonly congestion: string | undefined;
  readonly handshakeTimeoutMs: number;
  /** The device's bytes so far, and whether the hello left them out. */
  readonly early: Buffer;
  readonly holdsEarly: boolean;
  /** For the device. */
  readonly received: Buffer;
  readonly codec: StreamCodec | undefined;
  /** Where the flow goes for its youth. */
  readonly young: Set<YoungFlow>;
  /** A far end that can refuse only by ending the flow before its first byte has done so. */
  readonly onRefused: () => void;
}

export function startCarriedFlow(context: WorkerContext, opening: EstablishedOpening): void {
  const { client, link, candidates, handshake, received, codec } = opening;
  const { conn, candidate } = link;
  const { sent, unsent } = firstBytes(opening);
  const sentToFarBytes = sent.length;
  context.counters.add('bytesToFar', sent.length);
  if (handshake.isBlind) {
    const sealed = codec && ({ side: 'far', codec } as const);
    Flow.start(context, [client, conn], unsent, received, {
      sealed,
      onRefused: opening.onRefused,
      sentToFarBytes,
    });
    return;
  }
  if (!handshake.resume || candidates.every(({ wan }) => wan === candidate.wan)) {
    Flow.start(context, [client, conn], unsent, received, { sentToFarBytes });
    return;
  }
  const { target, attempts, congestion, handshakeTimeoutMs } = opening;
  const spec = {
    target,
    wan: candidate.wan,
    candidates,
    handshake,
    attempts,
    congestion,
    handshakeTimeoutMs,
  };
  YoungFlow.start(context, spec, [client, conn], { sent, unsent, received }, opening.young);
}

/** The device's bytes that have left with the hello or behind it, and what is to be sent before any others. */
function firstBytes({ link, codec, early, holdsEarly }: EstablishedOpening): {
  sent: Buffer;
  unsent: Buffer;
} {
  const { unsent } = link;
  if (holdsEarly) return { sent: NOTHING, unsent: Buffer.concat([unsent, early]) };
  // Sealed bytes are counted when they are sealed.
  if (codec) return { sent: early, unsent };
  // The flow counts what it moves itself.
  return { sent: early.subarray(0, Math.max(0, early.length - unsent.length)), unsent };
}
