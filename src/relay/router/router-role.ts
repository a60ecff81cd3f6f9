// The router's part of a worker: from an accepted LAN connection to an opening.
import { familyOf, type SocketAddress } from '../../base/address.ts';
import type { Socks5Protocol } from '../../config/server-protocol.ts';
import { closeWithReset, localAddress, originalDestination } from '../../linux/sockets.ts';
import { createDirectClient } from '../../transport/direct.ts';
import type { ClientTransport, ServerTransport } from '../../transport/handshake.ts';
import { createServerClient, protocolText } from '../../transport/server-client.ts';
import { createSocks5Server } from '../../transport/socks5/server.ts';
import type { Accepted } from '../acceptor.ts';
import { congestionForLoss } from '../congestion-choice.ts';
import { FastOpenTrials } from './fast-open-trials.ts';
import { Rotation } from './rotation.ts';
import { RouterOpening } from './router-opening.ts';
import type { Route, RouterOpeningPlan, RouterOpeningSettings } from './router-opening-plan.ts';
import {
  type Candidate,
  candidatesTo,
  mayCarry,
  type RouterPolicy,
  type ServerPolicy,
  type WanPolicy,
} from './router-policy.ts';
import { Roster } from '../roster.ts';
import { SocksFront, type SocksFrontParts } from './socks-front.ts';
import { WarmPool } from './warm-pool.ts';
import type { WarmServer, WarmSettings } from './warming.ts';
import type { WorkerContext } from '../worker-context.ts';
import { type RouterRole, SOCKS_PROTOCOL } from '../worker-spec.ts';
import type { YoungFlow } from './young-flow.ts';

const direct = createDirectClient();

function warmSettings({
  warmMost: most,
  handshakeTimeoutMs,
  congestion,
}: RouterOpeningSettings): WarmSettings {
  return { most, handshakeTimeoutMs, congestion: congestion.usual };
}

function mayPipeline({ pipelined }: Socks5Protocol, takesPipelined = false): boolean {
  return pipelined === 'on' || (pipelined === 'auto' && takesPipelined);
}

function toTarget(target: SocketAddress, candidates: readonly Candidate[]): Route {
  return { candidates, handshake: direct.start(target) };
}

export class RouterAccept {
  private readonly context: WorkerContext;
  private readonly role: RouterRole;
  private opening: RouterOpeningSettings;
  private policy: RouterPolicy;
  private wans: Rotation<WanPolicy>;
  /** Of its own: turns taken from those of the flows would let all of one kind begin on the same WAN. */
  private warmWans: Rotation<WanPolicy>;
  private readonly warm: WarmPool;
  private readonly fastOpen: FastOpenTrials;
  private readonly socks: ServerTransport | undefined;
  private readonly young = new Roster<YoungFlow>();
  /** To a server, by the order of the WANs: the same for flow after flow. */
  private readonly candidates = new Map<string, WeakMap<readonly WanPolicy[], Candidate[]>>();
  /** By label, those of the policy. */
  private readonly transports = new Map<string, ClientTransport>();
  /** The same, and those that are lost for now: each has learned the clock of its server. With what makes it another one. */
  private readonly known = new Map<string, { readonly as: string; readonly client: ClientTransport }>();

  constructor(context: WorkerContext, role: RouterRole) {
    this.context = context;
    this.role = role;
    this.opening = role.opening;
    this.policy = role.policy;
    this.socks = role.socks && createSocks5Server(role.socks);
    this.wans = new Rotation(role.policy.wans);
    this.warmWans = new Rotation(role.policy.wans);
    this.warm = new WarmPool(context, warmSettings(role.opening));
    this.fastOpen = new FastOpenTrials((wan) => context.news.loseFastOpen(wan));
    this.fastOpen.update(role.policy.wans);
    this.meetServers(role.policy);
  }

  get congestionForLoss(): string | undefined {
    return congestionForLoss(this.opening.congestion);
  }

  /** Concerns new flows. */
  configure(opening: RouterOpeningSettings): void {
    this.opening = opening;
    this.warm.configure(warmSettings(opening));
  }

  /** Keeps nothing ahead of need any more. */
  rest(): void {
    this.warm.close();
  }

  /** Concerns new flows, those that wait for a server which is known to be lost now, and those on a WAN that is. */
  update(policy: RouterPolicy): void {
    this.policy = policy;
    this.wans = new Rotation(policy.wans);
    this.warmWans = new Rotation(policy.wans);
    this.fastOpen.update(policy.wans);
    this.meetServers(policy);
    for (const opening of this.context.openings) opening.onPolicy?.(policy);
    for (const young of this.young) young.onPolicy(policy.wans);
  }

  /** False when no fd is left for the upstream: the caller keeps the connection and offers it again. */
  accept({ fd }: Pick<Accepted, 'fd'>, protocol: number): boolean {
    if (protocol === SOCKS_PROTOCOL) return this.acceptSocks(fd);
    const target = this.targetOf(fd);
    if (!target || !mayCarry(this.policy, target)) {
      // Somebody connected to the relay's own port: there is nothing behind it.
      closeWithReset(fd);
      this.context.fail('malformed', 'a connection to the relay itself was refused');
      return true;
    }
    return RouterOpening.open(this.context, this.planFor(target), fd);
  }

  private acceptSocks(fd: number): boolean {
    const parts: SocksFrontParts = {
      handshake: (this.socks as ServerTransport).start(),
      timeoutMs: this.opening.handshakeTimeoutMs,
      open: (client, target, first, front) =>
        mayCarry(this.policy, target) &&
        RouterOpening.take(this.context, { ...this.planFor(target), front }, client, first),
    };
    return SocksFront.start(this.context, parts, fd);
  }

  private planFor(target: SocketAddress): RouterOpeningPlan {
    return {
      settings: this.opening,
      target,
      hints: this.policy.hints,
      routes: this.routesTo(target),
      young: this.young,
      fastOpen: this.fastOpen,
      takeWarm: () => this.warm.take(),
    };
  }

  private routesTo(target: SocketAddress): Route[] {
    const { upstream, directWithoutServer, hints } = this.policy;
    const wans = this.wans.next();
    if (upstream.transport === 'direct') {
      return [toTarget(target, candidatesTo(wans, [target], { mptcp: true, server: undefined }))];
    }
    const routes = upstream.servers.map(({ addresses, label }): Route => {
      const handshake = (this.transports.get(label) as ClientTransport).start(target, hints);
      return { candidates: this.toServer(label, addresses, wans), handshake };
    });
    if (directWithoutServer) {
      routes.push(toTarget(target, candidatesTo(wans, [target], { mptcp: false, server: undefined })));
    }
    return routes;
  }

  private toServer(
    label: string,
    addresses: readonly SocketAddress[],
    wans: readonly WanPolicy[],
  ): readonly Candidate[] {
    const known = this.candidates.get(label)?.get(wans);
    if (known) return known;
    const candidates = candidatesTo(wans, addresses, { mptcp: true, server: label });
    const byOrder = this.candidates.get(label) ?? new WeakMap<readonly WanPolicy[], Candidate[]>();
    this.candidates.set(label, byOrder.set(wans, candidates));
    return candidates;
  }

  private meetServers({ upstream, wans }: RouterPolicy): void {
    this.transports.clear();
    this.candidates.clear();
    if (upstream.transport === 'direct') return;
    const [first] = upstream.servers;
    for (const { label, protocol, takesPipelined } of upstream.servers) {
      const isPipelined = protocol.transport === 'socks5' && mayPipeline(protocol, takesPipelined);
      // By label: cookies of a converter of others are good at that one only.
      const as = `${protocolText(protocol)} ${isPipelined}`;
      const known = this.known.get(label);
      const client = known?.as === as ? known.client : createServerClient(protocol, isPipelined);
      this.known.set(label, { as, client });
      this.transports.set(label, client);
    }
    this.warm.update(first && this.warmServer(first), wans);
  }

  private warmServer({ label, addresses }: ServerPolicy): WarmServer {
    const candidates = () => candidatesTo(this.warmWans.next(), addresses, { mptcp: true, server: label });
    return { label, transport: this.transports.get(label) as ClientTransport, addresses, candidates };
  }

  private targetOf(fd: number): SocketAddress | undefined {
    const local = localAddress(fd);
    if (this.role.method === 'tproxy' || !local) return local;
    return originalDestination(fd, familyOf(local.address));
  }
}
