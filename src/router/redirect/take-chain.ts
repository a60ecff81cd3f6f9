// Keeps the chains for new flows in step with what the server tells of the address families that it reaches.
import type { Log } from '../../base/log.ts';
import { WanbondError } from '../../base/error.ts';
import type { RouterConfig } from '../../config/router.ts';
import type { Nftables } from '../../linux/nftables.ts';
import { type Families, sameFamilies } from '../../transport/handshake.ts';
import {
  ALL_FAMILIES,
  type RedirectTable,
  renderRedirectChange,
  renderRedirectStop,
  renderTakeChain,
} from './redirect-table.ts';

export class TakeChain {
  private readonly nftables: Nftables;
  private readonly log: Log;
  private table: RedirectTable | undefined;
  private families = ALL_FAMILIES;
  private isStopped = false;

  constructor(nftables: Nftables, log: Log) {
    this.nftables = nftables;
    this.log = log;
  }

  /** The table is there, and takes all families. */
  begin(table: RedirectTable): void {
    this.table = table;
    if (!sameFamilies(this.families, ALL_FAMILIES)) this.render();
  }

  /** Another table in its place, with what the server reaches. @param also other commands of the same transaction. @throws WanbondError, and nothing has changed */
  change(after: RedirectTable, also: string): void {
    if (!this.table || this.isStopped) throw ending();
    this.nftables.run(renderRedirectChange(this.table, after, this.families) + also);
    this.table = after;
  }

  /** The server has told; it may do so before the table is there, and does so all the time. */
  learn(families: Families): void {
    if (this.isStopped || sameFamilies(families, this.families)) return;
    this.families = families;
    this.log.info(families, 'the server tells which address families it reaches');
    this.render();
  }

  /** From here on new flows are neither taken nor refused. */
  stop(): void {
    this.isStopped = true;
    if (this.table) this.nftables.run(renderRedirectStop(this.table));
  }

  private render(): void {
    if (!this.table) return;
    this.nftables.run(renderTakeChain(this.table, this.families));
    const fate: Record<RouterConfig['unreachableFamily'], string> = {
      refuse: 'refused at once, so that devices try the other family',
      direct: 'going out without it',
    };
    for (const [family, isReached] of [
      ['IPv4', this.families.v4],
      ['IPv6', this.families.v6],
    ] as const) {
      if (isReached) continue;
      this.log.warn(
        { family },
        `the server does not reach ${family}: new flows are ${fate[this.table.unreachableFamily]}`,
      );
    }
  }
}

function ending(): WanbondError {
  return new WanbondError({
    code: 'ending',
    message: 'this router takes no new flows any more: it is about to end',
    hint: 'Start it again: it begins with the config as it is then.',
  });
}
