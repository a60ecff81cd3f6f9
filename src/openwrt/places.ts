// Where things are on OpenWrt.
import type { Role } from '../config/load.ts';
import type { ConfigTable } from '../config/toml-writer.ts';

/** How `uci` calls our config. */
export const UCI_PACKAGE = 'wanbond';
export const UCI_FILE = `/etc/config/${UCI_PACKAGE}`;
/** What the service renders of it, and runs the daemon with. */
export const RENDERED_FILE = '/var/etc/wanbond.toml';

/** What a config says on OpenWrt when it says nothing: there is no /run. */
export const DEFAULTS: Readonly<Record<Role, ConfigTable>> = {
  router: { 'state-dir': '/var/run/wanbond' },
  server: { 'state-dir': '/var/run/wanbond-server' },
};
