// Sends the workers what they decide new flows by, whenever it is another than before.
import type { RouterConfig } from '../config/router.ts';
import type { Relay } from '../relay/relay.ts';
import type { FastOpenWans } from './fast-open-wans.ts';
import { type PolicyView, routerPolicy } from './policy.ts';

export class PolicyInStep {
  private readonly relay: Relay;
  private readonly fastOpen: FastOpenWans;
  private text = '';
  // The relay was started with the first.
  private generation = 1;

  constructor(relay: Relay, fastOpen: FastOpenWans) {
    this.relay = relay;
    this.fastOpen = fastOpen;
  }

  bring(config: RouterConfig, view: Omit<PolicyView, 'fastOpen'>): void {
    const policy = routerPolicy(config, { ...view, fastOpen: this.fastOpen }, this.generation + 1);
    const { generation: _, ...content } = policy;
    const text = JSON.stringify(content);
    if (text === this.text) return;
    this.text = text;
    this.generation++;
    this.relay.send({ kind: 'policy', policy });
  }
}
