// By which addresses routers will reach this server.
import { familyOf, formatAddress, parseAddress } from '../base/address.ts';
import { WanbondError } from '../base/error.ts';
import { isHostName } from '../base/host-name.ts';
import type { DefaultRoute } from '../linux/links.ts';
import type { InterfaceFact } from '../plan/host-facts.ts';
import { isPrivate } from './private-address.ts';

/** An address or a name as given. @throws WanbondError `bad-host` */
export function parseHost(text: string): string {
  if (text.includes(':') || /^[\d.]+$/.test(text)) return formatAddress(parseAddress(text));
  if (isHostName(text)) return text;
  throw new WanbondError({
    code: 'bad-host',
    message: `${JSON.stringify(text)} is neither an address nor a name of a host`,
    hint: 'Write an address like 192.0.2.1, or a name like vps.example.org.',
  });
}

/**
 * The public addresses of this host, IPv4 first, at most one of each family, of links with a default route before
 * others. @throws WanbondError `no-public-address` when a guess would lead nowhere.
 */
export function guessHosts(interfaces: readonly InterfaceFact[], routes: readonly DefaultRoute[]): string[] {
  const rank = (name: string): number => (routes.some(({ device }) => device === name) ? 0 : 1);
  const all = interfaces
    .toSorted((a, b) => rank(a.name) - rank(b.name))
    .flatMap((one) => one.addresses.map(({ address }) => address));
  const isPublic = all.filter((address) => !isPrivate(address));
  const hosts = ([4, 6] as const).flatMap((family) =>
    isPublic.filter((address) => familyOf(address) === family).slice(0, 1),
  );
  const hidden = all.find((address) => familyOf(address) === 4 && isPrivate(address));
  const hasPublic4 = hosts.some((address) => familyOf(address) === 4);
  // With IPv6 alone most WANs could not reach it, and the cloud very likely translates a public IPv4 address to us.
  const isBehindNat = hidden !== undefined && !hasPublic4 && routes.some(({ family }) => family === 4);
  if (hosts.length > 0 && !isBehindNat) return hosts.map(formatAddress);
  throw new WanbondError({
    code: 'no-public-address',
    message: hidden
      ? `cannot tell the public address of this host: its own is ${formatAddress(hidden)}`
      : 'cannot tell the public address of this host',
    hint: 'Give what the provider shows as its public address: --address HOST.',
  });
}
