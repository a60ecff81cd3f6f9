// Whether a systemd unit can run the program from where it lies now.
import { dirname } from 'node:path';
import type { Role } from '../config/load.ts';

// PrivateTmp= and ProtectHome= hide them from the service.
const TEMPORARY = /^\/(var\/)?tmp\//;
const HOMES = /^\/(root|home|run\/user)\//;
const OTHERS_READ = 0o004;
const OTHERS_SEARCH = 0o001;

/** Why the unit of `role` could not run `path`, or undefined. `modeOf` is the mode of a file or folder. */
export function placeObstacle(
  path: string,
  role: Role,
  modeOf: (path: string) => number,
): string | undefined {
  if (TEMPORARY.test(path)) return `${path} lies in a folder for temporary files`;
  // The router runs as root and may read homes.
  if (role === 'router') return undefined;
  if (HOMES.test(path)) return `${path} lies in a home folder, which the service may not see`;
  if ((modeOf(path) & OTHERS_READ) === 0) return `${path} cannot be read by other users`;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((modeOf(folder) & OTHERS_SEARCH) === 0) return `${folder} is closed to other users`;
    if (folder === dirname(folder)) return undefined;
  }
}
