// The system user that the server runs as: made when missing, removed again only if it was made here.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { WanbondError } from '../../base/error.ts';
import { SERVICE_USER } from '../../setup/places.ts';
import type { FileOwner } from '../replace-file.ts';
import type { Installation } from './installation.ts';

export function ensureServiceUser(installation: Installation, root: string): FileOwner {
  const found = findUser(installation);
  if (found) return found;
  installation.recordUser(SERVICE_USER);
  const how = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  try {
    run('useradd', root, [
      ...how,
      '--shell',
      '/usr/sbin/nologin',
      '--comment',
      'wanbond server',
      SERVICE_USER,
    ]);
  } catch (error) {
    installation.forgetUser();
    throw error;
  }
  const made = findUser(installation);
  if (made) return made;
  throw new Error(`useradd made no user ${SERVICE_USER}`);
}

/** Returns whether there was one to remove. */
export function removeServiceUser(installation: Installation, root: string): boolean {
  const { user } = installation;
  if (user === undefined) return false;
  const isThere = findUser(installation) !== undefined;
  if (isThere) run('userdel', root, [user]);
  // userdel takes the group of the same name with it only where login.defs says so (USERGROUPS_ENAB).
  if (hasGroup(installation)) run('groupdel', root, [user]);
  installation.forgetUser();
  return isThere;
}

function findUser(installation: Installation): FileOwner | undefined {
  const passwd = readFileSync(installation.at('/etc/passwd'), 'utf8');
  const line = passwd.split('\n').find((one) => one.startsWith(`${SERVICE_USER}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** Of our own making when the user is: `useradd --user-group` refuses to use one that exists. */
function hasGroup(installation: Installation): boolean {
  return readFileSync(installation.at('/etc/group'), 'utf8')
    .split('\n')
    .some((one) => one.startsWith(`${SERVICE_USER}:`));
}

function run(program: string, root: string, args: readonly string[]): void {
  try {
    execFileSync(program, [...(root === '/' ? [] : ['--prefix', root]), ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (cause) {
    const said = ((cause as { stderr?: string }).stderr ?? '').trim();
    throw new WanbondError({
      code: 'user-failed',
      message: `${program} ${SERVICE_USER}: ${said || (cause as Error).message}`,
      hint: `Install the Debian package passwd, or make the system user ${SERVICE_USER} yourself.`,
      cause,
    });
  }
}
