// The flows of a worker that can go on over another connection, by the name that their first hello gave them.
import type { AnswerableRequest, Answers, ResumePoint } from '../../transport/handshake.ts';
import type { Conn } from '../loop/conn.ts';

/** A proven connection that asks to go on with a flow; survives a structured clone, as the flow may be another worker's. */
export interface Arrival {
  /** Open and watched by nobody: whoever gets this has to close it. */
  readonly fd: number;
  readonly flowId: string;
  readonly point: ResumePoint;
  readonly request: AnswerableRequest;
  /** What came behind the hello. */
  readonly first: Uint8Array;
}

export interface Resumable {
  /** False, with nothing changed, when the flow is past that point; the connection then stays the caller's. */
  resume(conn: Conn, arrival: Arrival, answers: Answers): boolean;
}

export class Resumables {
  private readonly flows = new Map<string, { attempt: number; taker: Resumable }>();

  /** @param attempt of the hello that the flow's connection came with, 0 for the first */
  set(flowId: string, taker: Resumable, attempt: number): void {
    this.flows.set(flowId, { attempt, taker });
  }

  delete(flowId: string): void {
    this.flows.delete(flowId);
  }

  /** False: the connection stays the caller's. One that was overtaken by a later attempt is too late. */
  resume(conn: Conn, arrival: Arrival, answers: Answers): boolean {
    const { flowId, point } = arrival;
    const flow = this.flows.get(flowId);
    if (!flow || point.attempt <= flow.attempt || !flow.taker.resume(conn, arrival, answers)) return false;
    flow.attempt = point.attempt;
    return true;
  }
}
