// The server's part of a worker: from an accepted router connection to an opening.
import { type Address, familyOf, formatAddress, type SocketAddress } from '../../base/address.ts';
import { maskAddress, prefixContains } from '../../base/prefix.ts';
import { close } from '../../linux/libc.ts';
import { closeWithReset, localAddress } from '../../linux/sockets.ts';
import { synOptionKinds } from '../../linux/tcp-options.ts';
import { steadyClock } from '../../transport/convert/clock.ts';
import { attachReplayWindow } from '../../transport/convert/replay.ts';
import { type ConvertServer, createConvertServer } from '../../transport/convert/server.ts';
import type { ServerHandshake, ServerTransport } from '../../transport/handshake.ts';
import { startIntercept } from '../../transport/intercept.ts';
import { createShadowsocksServer } from '../../transport/shadowsocks/server.ts';
import { createSocks5Server } from '../../transport/socks5/server.ts';
import { createSocks6Server } from '../../transport/socks6/server.ts';
import { attachSessionTable } from '../../transport/socks6/sessions.ts';
import type { Accepted } from '../acceptor.ts';
import { AdmittedUntil, notBefore } from './admitted-until.ts';
import type { EgressPolicy } from './egress.ts';
import { ServerOpening } from './server-opening.ts';
import type { ServerOpeningSettings } from './server-opening-start.ts';
import { congestionForLoss } from '../congestion-choice.ts';
import { Conn } from '../loop/conn.ts';
import { Refusal } from '../refusal.ts';
import type { Arrival } from './resumables.ts';
import { Unproved } from './unproved.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { ServedProtocol, ServerAdmission, ServerRole } from '../worker-spec.ts';

// What a busy router can use: its workers together keep fewer.
const MOST_WARM_PER_KEY = 128;

export class ServerAccept {
  private readonly context: WorkerContext;
  private readonly role: ServerRole;
  /** Of our own routers; takes resumed flows from wherever they came. */
  private readonly convert: ConvertServer;
  private readonly starts: readonly StartHandshake[];
  /** Of all openings, also those of connections that are kept. */
  private readonly rules: { egress: EgressPolicy; settings: ServerOpeningSettings };
  private admission: ServerAdmission;
  private unproved: Unproved;
  private readonly warm: Unproved;
  /** One for all listeners: what it notes only grows. */
  private readonly admitted: AdmittedUntil;

  /** @param worker index of this one */
  constructor(context: WorkerContext, role: ServerRole, worker: number) {
    this.context = context;
    this.role = role;
    this.rules = { egress: role.egress, settings: role.opening };
    this.admission = role;
    this.unproved = new Unproved(role.unprovedMemory, role.maxUnauthenticatedPerAddress);
    this.admitted = new AdmittedUntil(role.stateDir, worker);
    this.warm = new Unproved(role.warmMemory, MOST_WARM_PER_KEY);
    const now = steadyClock(role.clock, () => process.hrtime.bigint());
    this.convert = createConvertServer({
      serverId: role.serverId,
      keys: role.keys,
      replay: attachReplayWindow(role.replayWindow, worker),
      now,
      foreignSecret: role.foreignSecret,
      tcpOptions: synOptionKinds(),
    });
    this.starts = role.protocols.map((protocol) => this.startOf(protocol, worker, now));
  }

  update(egress: EgressPolicy): void {
    this.rules.egress = egress;
  }

  get congestionForLoss(): string | undefined {
    return congestionForLoss(this.rules.settings.congestion);
  }

  /** Concerns every hello from now on, also of connections that are there and have sent none yet. */
  configure(admission: ServerAdmission): void {
    this.admission = admission;
    this.rules.settings = admission.opening;
    this.unproved = new Unproved(this.role.unprovedMemory, admission.maxUnauthenticatedPerAddress);
    this.convert.setKeys(admission.keys);
  }

  /** A connection that asks to go on with a flow of this worker. */
  takeUp(arrival: Arrival): void {
    const { request, fd } = arrival;
    const answers = this.convert.answersTo(request);
    const conn = Conn.watch(this.context.loop, fd, undefined);
    if (!answers || !conn) {
      conn?.release();
      closeWithReset(fd);
      this.context.fail('resource', `key ${request.keyId}: no memory to watch a connection, or no such key`);
      return;
    }
    if (this.context.resumables.resume(conn, arrival, answers)) return;
    this.context.fail(
      'replayed',
      `key ${request.keyId} asks to go on with a flow that is past that or has ended`,
    );
    Refusal.send(this.context, conn, answers.refuse('replayed'));
  }

  private startOf(protocol: ServedProtocol, worker: number, now: () => number): StartHandshake {
    if (protocol.transport === 'intercept')
      return (fd, peer) => interceptOf(localAddress(fd), peer, protocol.isSourcePreserved);
    if (protocol.transport === 'convert')
      return (_fd, peer) => {
        const isForeign = peer && protocol.foreignClients.some((prefix) => prefixContains(prefix, peer));
        return this.convert.start(isForeign ? peer : undefined);
      };
    const { admitted } = this;
    const { admittedUntilMs } = this.role;
    const transport = stockTransport(protocol, { admitted, admittedUntilMs }, worker, now);
    return () => transport.start();
  }

  /** False when no fd is left for the target's socket: the caller keeps the connection and offers it again. */
  accept({ fd, peer: address }: Pick<Accepted, 'fd' | 'peer'>, protocol: number): boolean {
    const handshake = (this.starts[protocol] as StartHandshake)(fd, address);
    if (!handshake) {
      close(fd);
      return true;
    }
    const peer = networkName(address);
    const onProved = this.unproved.enter(peer);
    if (!onProved) {
      closeWithReset(fd);
      const most = this.admission.maxUnauthenticatedPerAddress;
      this.context.fail('resource', `${peer} has ${most} connections open without a proof`);
      return true;
    }
    const spareFd = this.context.spares.take();
    if (spareFd < 0) {
      onProved();
      return false;
    }
    const begin = {
      clientFd: fd,
      spareFd,
      isFastOpen: this.role.isFastOpen,
      rules: this.rules,
      handshake,
      onProved,
      enterWarm: (keyId: number) => this.warm.enter(String(keyId)),
    };
    if (ServerOpening.start(this.context, begin)) return true;
    this.context.spares.give(spareFd);
    onProved();
    return false;
  }
}

/** Undefined when the client is gone already. */
type StartHandshake = (fd: number, peer: Address | undefined) => ServerHandshake | undefined;

function interceptOf(
  target: SocketAddress | undefined,
  client: Address | undefined,
  isSourcePreserved: boolean,
): ServerHandshake | undefined {
  return target && client && startIntercept(target, isSourcePreserved ? client : undefined);
}

/** Of a protocol with clients by others. */
function stockTransport(
  protocol: Exclude<ServedProtocol, { transport: 'convert' | 'intercept' }>,
  admission: { readonly admitted: AdmittedUntil; readonly admittedUntilMs: number },
  worker: number,
  now: () => number,
): ServerTransport {
  const memory = protocol.memory as SharedArrayBuffer;
  if (protocol.transport === 'shadowsocks') {
    const salts = attachReplayWindow(memory, worker);
    const { admitted, admittedUntilMs } = admission;
    return createShadowsocksServer({
      ...protocol,
      admit: (user, salt, timeMs) =>
        timeMs === undefined || admitted.cover(timeMs) ? salts.admit(user, salt, now()) : 'unnoted',
      // The wall clock: a machine that learns the time after its start must not refuse everybody until the next one.
      now: Date.now,
      get startedAtMs() {
        return notBefore(Math.max(salts.startedAtMs, admittedUntilMs), Date.now());
      },
    });
  }
  if (protocol.transport === 'socks5') return createSocks5Server(protocol);
  return createSocks6Server({ users: protocol.users, sessions: attachSessionTable(memory), now });
}

/** What a stranger has to itself: of IPv6 that is a /64 at least, so that single addresses are no limit. */
function networkName(peer: Address | undefined): string {
  if (!peer) return 'a peer that is gone';
  return familyOf(peer) === 4 ? formatAddress(peer) : `${formatAddress(maskAddress(peer, 64))}/64`;
}
