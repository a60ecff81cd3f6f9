// What is known of the servers besides their config: the addresses of their names, and what they have told of themselves.
import type { RouterConfig } from '../../config/router.ts';
import type { Families } from '../../transport/handshake.ts';
import { type KnownServer, knownServers, type NameAnswers } from '../../wan/servers/known-servers.ts';

export class ServerKnowledge {
  private names: NameAnswers = new Map();
  /** By label, of servers that have left the config, too: who told of one tells again only when it has changed. */
  private readonly families = new Map<string, Families>();
  private readonly pipelining = new Map<string, boolean>();

  /** As the config has them, with what is known of each. */
  of(config: RouterConfig): KnownServer[] {
    return knownServers(config, this.names).map((server) => {
      const takesPipelined = this.pipelining.get(server.label);
      return takesPipelined === undefined ? server : { ...server, takesPipelined };
    });
  }

  /** Which address families it reaches; undefined while it has not told. */
  familiesOf(label: string): Families | undefined {
    return this.families.get(label);
  }

  learnNames(names: NameAnswers): void {
    this.names = names;
  }

  learnFamilies(label: string, families: Families): void {
    this.families.set(label, families);
  }

  learnPipelining(label: string, isTaken: boolean): void {
    this.pipelining.set(label, isTaken);
  }

  /** Of pipelined requests: the others are tried anew when they come back. */
  keepOnly(servers: readonly KnownServer[]): void {
    for (const label of this.pipelining.keys()) {
      if (!servers.some((server) => server.label === label)) this.pipelining.delete(label);
    }
  }
}
