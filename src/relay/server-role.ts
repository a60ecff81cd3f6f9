// The server's part of a worker: from an accepted router connection to an opening.
import { closeWithReset, peerAddress } from '../linux/sockets.ts';
import { steadyClock } from '../transport/convert/clock.ts';
import { attachReplayWindow } from '../transport/convert/replay.ts';
import { createConvertServer } from '../transport/convert/server.ts';
import type { ServerTransport } from '../transport/handshake.ts';
import type { EgressPolicy } from './egress.ts';
import { ServerOpening } from './server-opening.ts';
import type { WorkerContext } from './worker-context.ts';
import type { ServerRole } from './worker-spec.ts';

export class ServerAccept {
  private readonly context: WorkerContext;
  private readonly role: ServerRole;
  private readonly transport: ServerTransport;
  private egress: EgressPolicy;
  /** Connections per peer address that have not proved a key yet. */
  private readonly unproved = new Map<string, number>();

  constructor(context: WorkerContext, role: ServerRole) {
    this.context = context;
    this.role = role;
    this.egress = role.egress;
    this.transport = createConvertServer({
      serverId: role.serverId,
      keys: role.keys,
      replay: attachReplayWindow(role.replayWindow),
      now: steadyClock(role.clock, () => process.hrtime.bigint()),
    });
  }

  update(egress: EgressPolicy): void {
    this.egress = egress;
  }

  /** Always true: the target's socket comes later, and its lack is answered to the router. */
  accept(fd: number): boolean {
    const peer = peerAddress(fd);
    const waiting = this.unproved.get(peer) ?? 0;
    if (waiting >= this.role.maxUnauthenticatedPerAddress) {
      closeWithReset(fd);
      this.context.fail('resource', `${peer} has ${waiting} connections open without a proof`);
      return true;
    }
    this.unproved.set(peer, waiting + 1);
    ServerOpening.start(this.context, this.role.opening, this.egress, this.transport.start(), fd, () => {
      const left = (this.unproved.get(peer) ?? 1) - 1;
      if (left > 0) this.unproved.set(peer, left);
      else this.unproved.delete(peer);
    });
    return true;
  }
}
