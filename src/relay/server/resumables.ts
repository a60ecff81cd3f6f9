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

interface Entry {
  attempt: number;
  taker: Resumable;
}

export class Resumables {
  /** Numbers, and the flows in a table of ours: why, Roster says. */
  private readonly places = new Map<string, number>();
  private readonly entries: (Entry | undefined)[] = [];
  private readonly freePlaces: number[] = [];

  /**
   * Another one of that name has had its turn.
   *
   * @param attempt of the hello that the flow's connection came with, 0 for the first
   */
  set(flowId: string, taker: Resumable, attempt: number): void {
    let place = this.places.get(flowId);
    if (place === undefined) {
      place = this.freePlaces.pop() ?? this.entries.length;
      this.places.set(flowId, place);
    }
    this.entries[place] = { attempt, taker };
  }

  delete(flowId: string): void {
    const place = this.places.get(flowId);
    if (place === undefined) return;
    this.places.delete(flowId);
    this.entries[place] = undefined;
    this.freePlaces.push(place);
  }

  /** False: the connection stays the caller's. One that was overtaken by a later attempt is too late. */
  resume(conn: Conn, arrival: Arrival, answers: Answers): boolean {
    const { flowId, point } = arrival;
    const flow = this.entries[this.places.get(flowId) ?? this.entries.length];
    if (!flow || point.attempt <= flow.attempt || !flow.taker.resume(conn, arrival, answers)) return false;
    flow.attempt = point.attempt;
    return true;
  }
}
