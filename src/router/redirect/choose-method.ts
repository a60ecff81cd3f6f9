// TPROXY or REDIRECT: what the config says, or what this kernel can.
import type { RouterConfig } from '../../config/router.ts';
import type { Nftables } from '../../linux/nftables.ts';
import type { HostFacts } from '../../plan/host-facts.ts';
import { type RedirectMethod, renderRedirectTable } from './redirect-table.ts';
import { redirectTable } from '../plan/router-plan.ts';

// Tried under a name of its own: the real one may be held by a daemon that runs.
const PROBE_NAME = 'wanbond_probe';

/** Asks the kernel with a dry run; nothing is changed. */
export function chooseMethod(config: RouterConfig, facts: HostFacts, nftables: Nftables): RedirectMethod {
  if (config.redirect.method !== 'auto') return config.redirect.method;
  const probe = renderRedirectTable({
    ...redirectTable(config, { servers: [], method: 'tproxy', facts }),
    name: PROBE_NAME,
  });
  return nftables.wouldAccept(probe) ? 'tproxy' : 'redirect';
}
