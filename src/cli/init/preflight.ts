// What has to be so before `init` writes anything.
import { realpathSync, statSync } from 'node:fs';
import { builtProgram } from '../../base/package-files.ts';
import { WanbondError } from '../../base/error.ts';
import type { Role } from '../../config/load.ts';
import { placeObstacle } from '../../setup/program-place.ts';
import type { Systemd } from './systemd.ts';

/** The program that is running, as a unit has to name it. */
export function thisProgram(): { node: string; program: string } {
  return { node: realpathSync(process.execPath), program: builtProgram('main') };
}

/** @throws WanbondError `program-hidden` when the unit could not run this program. */
export function requireRunnable(role: Role, root: string, systemd: Systemd): void {
  // Below another root, the paths are those of the host that builds it.
  if (systemd === 'missing' || root !== '/') return;
  for (const path of Object.values(thisProgram())) {
    const obstacle = placeObstacle(path, role, (one) => statSync(one).mode);
    if (obstacle === undefined) continue;
    throw new WanbondError({
      code: 'program-hidden',
      message: `a service cannot run this program: ${obstacle}`,
      hint: 'Install it for all users, as the README says: npm install -g "$(npm pack --silent)".',
    });
  }
}
