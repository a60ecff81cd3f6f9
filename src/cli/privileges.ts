// Commands that need root say so before they try anything.
import { WanbondError } from '../base/error.ts';
import { CAP_NET_ADMIN, hasCapability, ownCapabilities } from '../linux/features.ts';

export const INSTALLING = 'install and remove services';

/** @param whatFor as in "only root may ..." @throws WanbondError `not-root` */
export function requireRoot(whatFor: string, uid = process.getuid?.()): void {
  if (uid === 0) return;
  throw new WanbondError({
    code: 'not-root',
    message: `only root may ${whatFor}`,
    hint: 'Run it with sudo.',
  });
}

/** Where a process with this capability will do. @param who what cannot be done without it @throws WanbondError `no-privileges` */
export function requireNetAdmin(who: string, capabilities = ownCapabilities()): void {
  if (hasCapability(capabilities, CAP_NET_ADMIN)) return;
  throw new WanbondError({
    code: 'no-privileges',
    message: `${who} needs CAP_NET_ADMIN, which this process does not have`,
    hint: 'Run it as root, with sudo.',
  });
}
