// No two [[listen]] on one port of one address: each listener is shared by the workers (SO_REUSEPORT), so the kernel
// would open both, and deal connections out to either.
import type * as z from 'zod';
import {
  type Address,
  ANY_V4,
  ANY_V6,
  familyOf,
  formatAddress,
  LOOPBACKS,
  sameAddress,
} from '../base/address.ts';
import { fault } from './field.ts';
import { type InterceptConfig, isIntercept } from './intercept.ts';
import type { ListenConfig } from './server.ts';

type AnyListen = ListenConfig | InterceptConfig;

/** `listens` are in the order of the config, and whole. */
export function refusePortClashes(listens: readonly AnyListen[], context: z.RefinementCtx): void {
  listens.forEach((one, index) => {
    const key = isIntercept(one) ? 'ports' : 'port';
    for (const port of portsOf(one)) {
      for (const [first, other] of listens.slice(0, index).entries()) {
        const at = portsOf(other).includes(port) ? sharedAddress(other, one) : undefined;
        if (at === undefined) continue;
        const hint = `Give one of them another port, or addresses apart from the other's.${EVERY}`;
        fault(context, `${port} on ${formatAddress(at)} is in use by listen[${first}]`, hint, [
          'listen',
          index,
          key,
        ]);
        break;
      }
    }
  });
}

const EVERY = ' "0.0.0.0" is every IPv4 and "::" every IPv6 address.';

const portsOf = (listen: AnyListen): readonly number[] =>
  isIntercept(listen) ? listen.ports : [listen.port];

/** What is intercepted is led to a listener on loopback. */
const addressesOf = (listen: AnyListen): readonly Address[] =>
  isIntercept(listen) ? LOOPBACKS : listen.addresses;

/** An address of `one` on which `other` would listen too. */
function sharedAddress(other: AnyListen, one: AnyListen): Address | undefined {
  return addressesOf(one).find((mine) => addressesOf(other).some((theirs) => overlap(mine, theirs)));
}

/**
 * "::" is IPv6 only (IPV6_V6ONLY), so families never meet. Beside "0.0.0.0" the kernel would prefer the listener of one
 * address, but not for UDP, where the second bind fails: who gets what has to be seen in the config.
 */
function overlap(a: Address, b: Address): boolean {
  return familyOf(a) === familyOf(b) && (isAny(a) || isAny(b) || sameAddress(a, b));
}

const isAny = (address: Address): boolean => sameAddress(address, ANY_V4) || sameAddress(address, ANY_V6);
