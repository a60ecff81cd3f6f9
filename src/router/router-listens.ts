// Where the relay of the router listens: for what is redirected to it, and for programs that speak SOCKS.
import { ANY_V4, ANY_V6, familyOf, LOOPBACKS } from '../base/address.ts';
import type { RouterConfig } from '../config/router.ts';
import { type ListenSpec, SOCKS_PROTOCOL } from '../relay/worker-spec.ts';
import type { RedirectMethod } from './redirect/redirect-table.ts';

/**
 * TPROXY finds listeners on loopback; REDIRECT needs them on the address of the LAN interface.
 *
 * @param hasIpv6 sockets of it can be made
 */
export function routerListens(config: RouterConfig, method: RedirectMethod, hasIpv6: boolean): ListenSpec[] {
  const addresses = method === 'tproxy' ? LOOPBACKS : [ANY_V4, ANY_V6];
  const plain = { mptcp: false, congestion: undefined };
  const redirected = addresses.map(
    (address): ListenSpec => ({
      ...plain,
      at: { address, port: config.redirect.port },
      transparent: method === 'tproxy',
      protocol: 0,
    }),
  );
  const all = [...redirected, ...socksListens(config).map((one) => ({ ...plain, ...one }))];
  return hasIpv6 ? all : all.filter(({ at }) => familyOf(at.address) === 4);
}

function socksListens({ socks, lan }: RouterConfig): Omit<ListenSpec, 'mptcp' | 'congestion'>[] {
  if (!socks) return [];
  return lan.interfaces.flatMap((device) =>
    [ANY_V4, ANY_V6].map((address) => ({
      at: { address, port: socks.port },
      transparent: false,
      device,
      protocol: SOCKS_PROTOCOL,
    })),
  );
}
