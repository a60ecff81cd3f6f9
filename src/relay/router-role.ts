// The router's part of a worker: from an accepted LAN connection to an opening.
import { familyOf, type SocketAddress } from '../base/address.ts';
import { closeWithReset, localAddress, originalDestination } from '../linux/sockets.ts';
import { createServerClient } from '../transport/convert/server-client.ts';
import { createDirectClient } from '../transport/direct.ts';
import type { ClientTransport } from '../transport/handshake.ts';
import { Rotation } from './rotation.ts';
import {
  type Route,
  RouterOpening,
  type RouterOpeningPlan,
  type RouterOpeningSettings,
} from './router-opening.ts';
import {
  type Candidate,
  candidatesTo,
  mayCarry,
  type RouterPolicy,
  type ServerPolicy,
  type WanPolicy,
} from './router-policy.ts';
import type { WorkerContext } from './worker-context.ts';
import type { RouterRole } from './worker-spec.ts';
import type { YoungFlow } from './young-flow.ts';

const direct = createDirectClient();

function toTarget(target: SocketAddress, candidates: readonly Candidate[]): Route {
  return { candidates, handshake: direct.start(target) };
}

export class RouterAccept {
  private readonly context: WorkerContext;
  private readonly role: RouterRole;
  private opening: RouterOpeningSettings;
  private policy: RouterPolicy;
  private wans: Rotation<WanPolicy>;
  private readonly young = new Set<YoungFlow>();
  /** By everything that makes a server what it is: each transport has learned the clock of its server. */
  private readonly transports = new Map<string, ClientTransport>();

  constructor(context: WorkerContext, role: RouterRole) {
    this.context = context;
    this.role = role;
    this.opening = role.opening;
    this.policy = role.policy;
    this.wans = new Rotation(role.policy.wans);
  }

  /** Concerns new flows. */
  configure(opening: RouterOpeningSettings): void {
    this.opening = opening;
  }

  /** Concerns new flows, those that wait for a server which is known to be lost now, and those on a WAN that is. */
  update(policy: RouterPolicy): void {
    this.policy = policy;
    this.wans = new Rotation(policy.wans);
    for (const opening of this.context.openings) opening.onPolicy?.(policy);
    for (const young of this.young) young.onPolicy(policy.wans);
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
    return RouterOpening.open(this.context, this.opening, this.planFor(target), fd);
  }

  private planFor(target: SocketAddress): RouterOpeningPlan {
    return { target, hints: this.policy.hints, routes: this.routesTo(target), young: this.young };
  }

  private routesTo(target: SocketAddress): Route[] {
    const { upstream, directWithoutServer, hints } = this.policy;
    const wans = this.wans.next();
    if (upstream.transport === 'direct') {
      return [toTarget(target, candidatesTo(wans, [target], { mptcp: true, server: undefined }))];
    }
    const routes = upstream.servers.map((server): Route => {
      const handshake = this.transportOf(server).start(target, hints);
      const { addresses, label } = server;
      return { candidates: candidatesTo(wans, addresses, { mptcp: true, server: label }), handshake };
    });
    if (directWithoutServer) {
      routes.push(toTarget(target, candidatesTo(wans, [target], { mptcp: false, server: undefined })));
    }
    return routes;
  }

  private transportOf(server: ServerPolicy): ClientTransport {
    const { serverId, keyId, key, label } = server;
    // Cookies of a converter of others are good at that one only.
    const who = key ? [serverId, keyId, Buffer.from(key).toString('base64')] : [label];
    const identity = JSON.stringify(who);
    const known = this.transports.get(identity);
    if (known) return known;
    const made = createServerClient(server);
    this.transports.set(identity, made);
    return made;
  }

  private targetOf(fd: number): SocketAddress | undefined {
    const local = localAddress(fd);
    if (this.role.method === 'tproxy' || !local) return local;
    return originalDestination(fd, familyOf(local.address));
  }
}
