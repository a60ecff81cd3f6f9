// Sends the workers what they decide new flows by, whenever it is another than before.
import type { RouterConfig } from '../../config/router.ts';
import type { Relay } from '../../relay/relay.ts';
import type { FastOpenWans } from './fast-open-wans.ts';
import { type PolicyView, routerPolicy } from './policy.ts';

export class PolicyInStep {
  private readonly relay: Relay;
  private readonly fastOpen: FastOpenWans;
  private text = '';

  constructor(relay: Relay, fastOpen: FastOpenWans) {
    this.relay = relay;
    this.fastOpen = fastOpen;
  }

  bring(config: RouterConfig, view: Omit<PolicyView, 'fastOpen'>): void {
    const policy = routerPolicy(config, { ...view, fastOpen: this.fastOpen });
    const text = JSON.stringify(policy);
    if (text === this.text) return;
    this.text = text;
    this.relay.send({ kind: 'policy', policy });
  }
}
