// How an opening of the server ends when no flow comes of it and there is nothing to say to the client.
import type { Conn } from '../loop/conn.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { ServerOpeningStart } from './server-opening-start.ts';

/** The opening has let go of everything but `client`. */
export function endClient(
  context: WorkerContext,
  client: Conn,
  { onProved }: Pick<ServerOpeningStart, 'onProved'>,
): void {
  onProved();
  client.reset();
  context.onFlowEnd();
}
