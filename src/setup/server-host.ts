// By which addresses routers will reach this server.
import { familyOf, formatAddress, parseAddress } from '../base/address.ts';
import { WanbondError } from '../base/error.ts';
import { isHostName } from '../base/host-name.ts';
import { isPrivate } from '../base/private-address.ts';
import { isUsableSource, type LinkFact } from '../plan/link-fact.ts';
import { defaultRoutesOf } from './default-routes.ts';

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
export function guessHosts(links: readonly LinkFact[]): string[] {
  const routes = defaultRoutesOf(links);
  const rank = ({ defaultRoutes }: LinkFact): number => (defaultRoutes.length > 0 ? 0 : 1);
  const all = links
    .toSorted((a, b) => rank(a) - rank(b))
    .flatMap((one) => one.addresses.filter(isUsableSource).map(({ address }) => address));
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
