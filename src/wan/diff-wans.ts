// What changed between two views of the WANs, each change with its reason in words for log and status.
import { type Address, type Family, formatAddress, sameAddress } from '../base/address.ts';
import type { WanLink } from './links.ts';
import type { WanPath } from './source-choice.ts';

export type WanChange = { readonly wan: string; readonly reason: string } & (
  | { readonly kind: 'added' | 'removed' }
  /** It can carry, or cannot any more; `trouble`: it still cannot, for another reason. */
  | { readonly kind: 'up' | 'down' | 'trouble' }
  /** Another interface, or a new one under the old name: endpoints and sockets bound to it must be made anew. */
  | { readonly kind: 'interface' }
  | {
      readonly kind: 'source';
      readonly family: Family;
      readonly from: Address | undefined;
      readonly to: Address | undefined;
    }
  | { readonly kind: 'route'; readonly family: Family }
  | { readonly kind: 'mtu' }
  | { readonly kind: 'warnings' }
);

/** In the order of `after`, removed ones last; empty exactly when nothing differs. */
export function diffWans(before: readonly WanLink[], after: readonly WanLink[]): WanChange[] {
  const changes = after.flatMap((now) => {
    const then = before.find((one) => one.name === now.name);
    if (then) return diffWan(then, now);
    return [{ wan: now.name, kind: 'added' as const, reason: now.trouble ?? 'new in the config' }];
  });
  const removed = before.filter((then) => !after.some((now) => now.name === then.name));
  return [
    ...changes,
    ...removed.map(({ name }) => ({
      wan: name,
      kind: 'removed' as const,
      reason: 'not in the config any more',
    })),
  ];
}

function diffWan(then: WanLink, now: WanLink): WanChange[] {
  const wan = now.name;
  const changes: WanChange[] = [];
  if (then.trouble !== now.trouble) changes.push({ wan, ...stateChange(then, now) });
  if (then.device !== now.device || then.index !== now.index) {
    changes.push({ wan, kind: 'interface', reason: interfaceReason(then, now) });
  }
  for (const family of [4, 6] as const) {
    changes.push(...diffPath(wan, family, pathOf(then, family), pathOf(now, family)));
  }
  if (then.mtuBytes !== now.mtuBytes) {
    const [from, to] = [then.mtuBytes, now.mtuBytes].map((bytes) => bytes ?? 'none');
    changes.push({ wan, kind: 'mtu', reason: `MTU ${from} is now ${to}` });
  }
  if (then.warnings.join() !== now.warnings.join()) {
    changes.push({ wan, kind: 'warnings', reason: now.warnings.join(', ') || 'no warnings any more' });
  }
  return changes;
}

function stateChange(
  then: WanLink,
  now: WanLink,
): { readonly kind: 'up' | 'down' | 'trouble'; reason: string } {
  if (now.trouble === undefined) return { kind: 'up', reason: `no longer: ${then.trouble}` };
  return { kind: then.trouble === undefined ? 'down' : 'trouble', reason: now.trouble };
}

function interfaceReason(then: WanLink, now: WanLink): string {
  if (then.device !== now.device) return `the interface is ${now.device} instead of ${then.device}`;
  if (now.index === undefined) return `${now.device} is gone`;
  return then.index === undefined ? `${now.device} is there` : `${now.device} was made anew`;
}

function pathOf(wan: WanLink, family: Family): WanPath | undefined {
  return family === 4 ? wan.v4 : wan.v6;
}

function diffPath(
  wan: string,
  family: Family,
  then: WanPath | undefined,
  now: WanPath | undefined,
): WanChange[] {
  const changes: WanChange[] = [];
  const [from, to] = [then?.source, now?.source];
  if (!same(from, to)) {
    const reason = `IPv${family} address ${nameOf(from)} is now ${nameOf(to)}`;
    changes.push({ wan, kind: 'source', family, from, to, reason });
  }
  const [old, next] = [routeName(then), routeName(now)];
  // Without an address there is no route to speak of: the source said it.
  if (old !== next && then && now) {
    changes.push({ wan, kind: 'route', family, reason: `IPv${family} default route ${old} is now ${next}` });
  }
  return changes;
}

function same(a: Address | undefined, b: Address | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && sameAddress(a, b));
}

function nameOf(address: Address | undefined): string {
  return address ? formatAddress(address) : 'none';
}

function routeName(path: WanPath | undefined): string {
  if (!path?.route) return 'none';
  const { gateway, metric } = path.route;
  return `${gateway ? `via ${formatAddress(gateway)}` : 'without gateway'} metric ${metric}`;
}
