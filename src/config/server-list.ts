// What holds of the [[server]] of a router together.
import type * as z from 'zod';
import { fault } from './field.ts';
import { hostText, type ServerHost } from './host-field.ts';
import { isTable } from './shared.ts';

/** `servers` may be half-checked. */
export function checkServers(servers: unknown, context: z.RefinementCtx): void {
  if (!Array.isArray(servers)) return;
  refuseMixed(servers, context);
  refuseEqual(servers, context);
}

/** A far router in the path cannot be preferred or passed over: what goes to the target goes through it. */
function refuseMixed(servers: readonly unknown[], context: z.RefinementCtx): void {
  if (servers.length < 2) return;
  servers.forEach((one, i) => {
    if (!isTable(one) || one['transport'] !== 'direct') return;
    const hint = 'Remove this [[server]], or all the others.';
    fault(context, '"direct" has to be the only server', hint, ['server', i, 'transport']);
  });
}

/** Whatever its key: where the first cannot be reached, the second cannot either. */
function refuseEqual(servers: readonly unknown[], context: z.RefinementCtx): void {
  const places = servers.map(placeOf);
  places.forEach((place, i) => {
    const first = places.indexOf(place);
    if (place === undefined || first === i) return;
    const hint = 'Remove one of them, or correct its `address` or `port`.';
    fault(context, `is the same as of server[${first}], port and transport too`, hint, [
      'server',
      i,
      'address',
    ]);
  });
}

/** Transport, port and hosts, whatever their order; undefined where they are not known. */
function placeOf(server: unknown): string | undefined {
  if (!isTable(server) || !Array.isArray(server['hosts'])) return undefined;
  const hosts = (server['hosts'] as readonly ServerHost[]).map((host) => hostText(host).toLowerCase());
  return [server['transport'], server['port'], ...new Set(hosts.toSorted())].join(' ');
}
