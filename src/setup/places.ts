// Where `wanbond init` puts things, and what they are called.
import type { Role } from '../config/load.ts';

const CONFIG_DIRECTORY = '/etc/wanbond';
export const UNIT_DIRECTORY = '/etc/systemd/system';
/** What `init` made, for `uninstall`. */
export const INSTALLED_FILE = `${CONFIG_DIRECTORY}/installed.json`;
/** The user of the server; the router needs root. */
export const SERVICE_USER = 'wanbond';
/** Root's own record of what `wanbond up` changed: not in the state directory, which is the service user's. */
export const RECORD_DIRECTORY = '/run/wanbond-up';

export const configFile = (role: Role): string => `${CONFIG_DIRECTORY}/${role}.toml`;
export const unitName = (role: Role): string => `wanbond-${role}.service`;
export const unitFile = (role: Role): string => `${UNIT_DIRECTORY}/${unitName(role)}`;
