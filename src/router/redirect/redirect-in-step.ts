// Brings what takes new flows from the LAN in step with config, WANs and servers: the redirect table, its bypass sets,
// and the routing rules that lead carried flows to the relay.
import { describe } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { RouterConfig } from '../../config/router.ts';
import type { Nftables } from '../../linux/nftables.ts';
import type { HostFacts } from '../../plan/host-facts.ts';
import type { KnownServer } from '../../wan/servers/known-servers.ts';
import { renderBypassUpdate } from './bypass-update.ts';
import type { JournaledSteps } from '../in-step/journaled-steps.ts';
import { renderNatChange } from '../plan/nat-plan.ts';
import type { RedirectMethod, RedirectTable } from './redirect-table.ts';
import { carriedTraffic, redirectTable } from '../plan/router-plan.ts';
import { bringRulesInStep } from './rules-in-step.ts';
import type { TakeChain } from './take-chain.ts';

export interface RedirectParts {
  readonly method: RedirectMethod;
  readonly nftables: Nftables;
  readonly takeChain: TakeChain;
  readonly made: JournaledSteps;
  readonly log: Log;
}

export class RedirectInStep {
  private readonly parts: RedirectParts;
  /** Were LAN at some time since the start: the flows that began there go on. */
  private formerLans: readonly string[] = [];
  private bypassText = '';

  constructor(parts: RedirectParts) {
    this.parts = parts;
  }

  /**
   * Another config from here on.
   *
   * @param readFacts of the host as it is when asked
   * @throws WanbondError when it was refused: then everything is as before
   */
  change(
    before: RouterConfig,
    after: RouterConfig,
    servers: readonly KnownServer[],
    readFacts: () => HostFacts,
  ): void {
    const { takeChain } = this.parts;
    const { formerLans } = this;
    const lans = after.lan.interfaces;
    const facts = readFacts();
    this.formerLans = [...new Set([...formerLans, ...before.lan.interfaces])].filter(
      (one) => !lans.includes(one),
    );
    try {
      // A new flow that is marked has to be led to the relay already.
      this.bringRules(after, facts);
      takeChain.change(this.table(after, servers, facts), renderNatChange(before, after));
      // The table has other sets now than those that `bring` remembers.
      this.bypassText = '';
    } catch (error) {
      this.formerLans = formerLans;
      this.putBackRules(before, readFacts);
      throw error;
    }
  }

  /** What fails is tried again with the next change of a WAN. */
  private putBackRules(config: RouterConfig, readFacts: () => HostFacts): void {
    try {
      this.bringRules(config, readFacts());
    } catch (error) {
      this.parts.log.error({ err: error }, `putting back the routing rules failed: ${describe(error)}`);
    }
  }

  /** @throws WanbondError */
  bring(config: RouterConfig, servers: readonly KnownServer[], facts: HostFacts): void {
    const text = renderBypassUpdate(this.table(config, servers, facts));
    if (text !== this.bypassText) {
      this.parts.nftables.run(text);
      this.bypassText = text;
    }
    this.bringRules(config, facts);
  }

  private bringRules({ redirect, lan }: RouterConfig, facts: HostFacts): void {
    const { method, made, log } = this.parts;
    if (method !== 'tproxy') return;
    const interfaces = [...lan.interfaces, ...this.formerLans];
    bringRulesInStep(carriedTraffic(redirect, interfaces), facts, made, log);
  }

  private table(config: RouterConfig, servers: readonly KnownServer[], facts: HostFacts): RedirectTable {
    const { method } = this.parts;
    return redirectTable(config, { servers, method, facts, formerLans: this.formerLans });
  }
}
