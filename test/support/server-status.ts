// What the lab's router says of its servers.
import { askControl } from '../../src/control/control-socket.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { RouterStatus, ServerStatus } from '../../src/router/report/wan-status.ts';

/** In the order of the config. */
export async function serverStatuses(lab: Lab): Promise<readonly ServerStatus[]> {
  const status = (await askControl(lab.files.stateDir('router'), 'status')) as RouterStatus;
  return status.servers;
}
