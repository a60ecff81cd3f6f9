// Whether the kernel would know where to send what goes to the Internet. Nothing is sent.
import { type Family, parseAddress } from '../base/address.ts';
import { sourceTowards } from './sockets.ts';

// a.root-servers.net, in no network that anybody routes on purpose to somewhere else.
const FAR_AWAY = { 4: parseAddress('198.41.0.4'), 6: parseAddress('2001:503:ba3e::2:30') };
const PORT = 53;

/** Asked as a route lookup, so that policy rules and routes to 2000::/3 count as much as a default route. */
export function hasInternetRoute(family: Family): boolean {
  return typeof sourceTowards({ address: FAR_AWAY[family], port: PORT }) !== 'number';
}
