// The router's part of a worker: from an accepted LAN connection to an opening.
import { randomBytes } from 'node:crypto';
import { familyOf, type SocketAddress } from '../base/address.ts';
import { closeWithReset, localAddress, originalDestination } from '../linux/sockets.ts';
import { createConvertClient } from '../transport/convert/client.ts';
import { createDirectClient } from '../transport/direct.ts';
import type { ClientTransport } from '../transport/handshake.ts';
import { type Route, RouterOpening } from './router-opening.ts';
import { directCandidates, mayCarry, type RouterPolicy, upstreamCandidates } from './router-policy.ts';
import type { WorkerContext } from './worker-context.ts';
import type { RouterRole } from './worker-spec.ts';

const direct = createDirectClient();

export class RouterAccept {
  private readonly context: WorkerContext;
  private readonly role: RouterRole;
  private policy: RouterPolicy;
  private transport: ClientTransport;

  constructor(context: WorkerContext, role: RouterRole) {
    this.context = context;
    this.role = role;
    this.policy = role.policy;
    this.transport = createTransport(role.policy);
  }

  /** Concerns new flows only. The transport is kept unless its keys change: it has learned the server's clock. */
  update(policy: RouterPolicy): void {
    const isSame = JSON.stringify(policy.upstream) === JSON.stringify(this.policy.upstream);
    if (!isSame) this.transport = createTransport(policy);
    this.policy = policy;
  }

  /** False when no fd is left for the upstream: the caller keeps the connection and offers it again. */
  accept(fd: number): boolean {
    const target = this.targetOf(fd);
    if (!target || !mayCarry(this.policy, target)) {
      // Somebody connected to the relay's own port: there is nothing behind it.
      closeWithReset(fd);
      this.context.fail('malformed', 'a connection to the relay itself was refused');
      return true;
    }
    const routes: Route[] = [
      { candidates: upstreamCandidates(this.policy, target), handshake: this.transport.start(target) },
    ];
    if (this.policy.upstream.transport !== 'direct' && this.policy.onServerLoss === 'direct') {
      routes.push({ candidates: directCandidates(this.policy, target), handshake: direct.start(target) });
    }
    return RouterOpening.open(this.context, this.role.opening, { target, routes }, fd);
  }

  private targetOf(fd: number): SocketAddress | undefined {
    const local = localAddress(fd);
    if (this.role.method === 'tproxy' || !local) return local;
    return originalDestination(fd, familyOf(local.address));
  }
}

function createTransport(policy: RouterPolicy): ClientTransport {
  const { upstream } = policy;
  if (upstream.transport === 'direct') return direct;
  return createConvertClient({
    serverId: upstream.serverId,
    keyId: upstream.keyId,
    psk: upstream.key,
    now: Date.now,
    random: randomBytes,
  });
}
