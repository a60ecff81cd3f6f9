// An established flow of the server that may go on over another connection of its router.
import type { Answers, Families } from '../../transport/handshake.ts';
import type { Conn } from '../loop/conn.ts';
import { Flow } from '../flow/flow.ts';
import { send } from '../loop/io.ts';
import type { Arrival, Resumable } from './resumables.ts';
import { SentCopy } from '../flow/sent-copy.ts';
import type { WorkerContext } from '../worker-context.ts';

export interface ResumableFlowSpec {
  readonly flowId: string;
  readonly attempt: number;
  readonly families: Families | undefined;
  /** Bytes of the router that the target has yet to get. */
  readonly first: Buffer;
  readonly reply: Buffer;
}

export class ResumableFlow implements Resumable {
  private flow: Flow | undefined;
  private readonly families: Families | undefined;

  static start(context: WorkerContext, client: Conn, target: Conn, spec: ResumableFlowSpec): void {
    const { flowId, attempt, families, first, reply } = spec;
    const resumable = new ResumableFlow(families);
    context.resumables.set(flowId, resumable, attempt);
    const copies = {
      toNear: new SentCopy(context.copies, context.loop.nowMs),
      onGone: () => context.resumables.delete(flowId),
    };
    resumable.flow = Flow.start(context, { near: client, far: target, firstToFar: first, reply, copies });
  }

  private constructor(families: Families | undefined) {
    this.families = families;
  }

  resume(conn: Conn, { point, first }: Arrival, answers: Answers): boolean {
    const { flow } = this;
    if (!flow?.changeNear(conn, point.received, point.from, Buffer.from(first))) return false;
    const reply = answers.accept(this.families);
    // The first bytes of a connection find room; what the router cannot read whole is of no use to it.
    if (send(conn, reply) === reply.length) flow.letGo();
    else flow.abort();
    return true;
  }
}
