// Whether the kernel would know where to send what goes to the Internet. Nothing is sent.
import type { Family } from '../base/address.ts';
import { familyFlag } from '../plan/step.ts';
import { ip } from './ip.ts';

// a.root-servers.net, in no network that anybody routes on purpose to somewhere else.
const FAR_AWAY: Record<Family, string> = { 4: '198.41.0.4', 6: '2001:503:ba3e::2:30' };

/** Asked as a route lookup, so that policy rules and routes to 2000::/3 count as much as a default route. */
export function hasInternetRoute(family: Family): boolean {
  try {
    ip([familyFlag(family), 'route', 'get', FAR_AWAY[family]]);
    return true;
  } catch {
    return false;
  }
}
