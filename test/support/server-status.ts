// What the lab's router says of its servers.
import { askControl } from '../../src/control/control-socket.ts';
import type { Lab } from '../../src/lab/lab.ts';

export interface ServerStatus {
  readonly name: string;
  /** With port. */
  readonly addresses: readonly string[];
  /** New flows go there. */
  readonly isUsed: boolean;
  readonly isLost: boolean;
  /** Of a SOCKS 5 server; undefined while it is not known. */
  readonly takesPipelined?: boolean;
}

/** In the order of the config. */
export async function serverStatuses(lab: Lab): Promise<readonly ServerStatus[]> {
  const status = (await askControl(lab.files.stateDir('router'), 'status')) as {
    servers: readonly ServerStatus[];
  };
  return status.servers;
}
