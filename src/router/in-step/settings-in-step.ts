// Brings the kernel settings of single WANs in step with the config: those of a WAN that has left it are put back at
// once, and one that has come since the start hears router advertisements like the others.
import type { RouterConfig } from '../../config/router.ts';
import type { HostFacts } from '../../plan/host-facts.ts';
import type { JournaledSteps } from './journaled-steps.ts';
import { listeningSteps } from '../plan/nat-plan.ts';
import { linkOfSetting } from '../plan/router-plan.ts';

/** @throws WanbondError */
export function bringSettingsInStep(config: RouterConfig, facts: HostFacts, made: JournaledSteps): void {
  const devices = new Set(config.wans.map((wan) => wan.interface));
  const settings = made.ofKind('sysctl');
  made.takeBack(
    settings.filter(({ name }) => {
      const device = linkOfSetting(name);
      return device !== undefined && !devices.has(device);
    }),
  );
  made.apply(listeningSteps(config, facts, settings), facts);
}
