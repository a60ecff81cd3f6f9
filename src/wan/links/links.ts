// The configured WANs as the kernel's facts have them now: a pure view, made anew after every change.
import type { Address, Family } from '../../base/address.ts';
import type { WanConfig } from '../../config/wan.ts';
import type { LinkFact } from '../../plan/link-fact.ts';
import { chooseSource } from './source-choice.ts';

/** Why a WAN cannot carry, in the words of `status`. */
export type WanTrouble =
  | 'interface missing'
  | 'interface down'
  | 'no carrier'
  | 'link not ready'
  | 'source address missing'
  | 'no address';

export interface WanLink {
  readonly name: string;
  readonly device: string;
  /** Administratively up, with carrier, and ready to send. */
  readonly isUp: boolean;
  /** The source that each family would use; also while the link is down, so that it stays the same over a short cut. */
  readonly v4: Address | undefined;
  readonly v6: Address | undefined;
  /** Undefined when it can carry. */
  readonly trouble: WanTrouble | undefined;
}

/** @param previous what this function said before: it keeps sources that are still good. */
export function wanLinks(
  wans: readonly WanConfig[],
  links: readonly LinkFact[],
  previous: readonly WanLink[] = [],
): WanLink[] {
  return wans.map((wan) => {
    const link = links.find((one) => one.name === wan.interface);
    const before = previous.find((one) => one.name === wan.name && one.device === wan.interface);
    return link ? present(wan, link, before) : missing(wan);
  });
}

function missing({ name, interface: device }: WanConfig): WanLink {
  return { name, device, isUp: false, v4: undefined, v6: undefined, trouble: 'interface missing' };
}

function present(wan: WanConfig, link: LinkFact, before: WanLink | undefined): WanLink {
  const v4 = chooseSource(link, 4, wan.source, before?.v4);
  const v6 = chooseSource(link, 6, wan.source, before?.v6);
  const down = linkTrouble(link);
  const bare = wan.source ? 'source address missing' : 'no address';
  return {
    name: wan.name,
    device: wan.interface,
    isUp: down === undefined,
    v4,
    v6,
    trouble: down ?? (v4 || v6 ? undefined : bare),
  };
}

/** Carrier and operational state both: the one is there before the link may send, the other stays a while after it. */
function linkTrouble({ isAdminUp, hasCarrier, operState }: LinkFact): WanTrouble | undefined {
  if (!isAdminUp) return 'interface down';
  if (!hasCarrier) return 'no carrier';
  if (operState === 'up' || operState === 'unknown') return undefined;
  return operState === 'dormant' || operState === 'testing' ? 'link not ready' : 'no carrier';
}

/** The source that the WAN can be used with now; undefined while the link is down. */
export function liveSource(wan: WanLink, family: Family): Address | undefined {
  if (!wan.isUp) return undefined;
  return family === 4 ? wan.v4 : wan.v6;
}
