// Tries every path to the server at once: over each WAN, to each of its addresses; and whether a second subflow can
// join there. Changes nothing on this host. Blocks until all have an answer, or the limits of the probes are over.
import { type Family, familyOf, type SocketAddress, sameAddress } from '../../base/address.ts';
import { Loop } from '../../relay/loop/loop.ts';
import type { Path } from '../../relay/path.ts';
import type { ServerProtocol } from '../../config/server-protocol.ts';
import { type Asker, convertClient } from '../../transport/server-client.ts';
import { createSocks5Login } from '../../transport/socks5/client.ts';
import { HelloProbe } from './hello-probe.ts';
import type { HelloResult } from './hello-result.ts';
import { JoinProbe, type JoinResult } from './join/join-probe.ts';

export interface PathResult {
  readonly path: Path;
  /** Over MPTCP. */
  readonly hello: HelloResult;
  /** Over plain TCP, tried where MPTCP did not connect. */
  readonly plain: HelloResult | undefined;
  /** Server time minus ours; undefined when our clock was good enough, or nothing proved it. */
  readonly clockOffsetMs: number | undefined;
  /** Tried where a connection came about. */
  readonly join: JoinTry | undefined;
}

export interface JoinTry {
  /** The WAN of the first subflow. */
  readonly firstWan: string;
  readonly result: JoinResult;
}

const ROUND_MS = 200;

export function checkServer(paths: readonly Path[], protocol: ServerProtocol): PathResult[] {
  const loop = new Loop();
  try {
    const tries = paths.map((path) => new PathTry(loop, path, visitor(protocol)));
    runAll(
      loop,
      tries.map((one) => (onDone) => one.sayHello(onDone)),
    );
    const connected = tries.filter((one) => one.isConnected);
    runAll(
      loop,
      connected.map((one) => (onDone) => one.join(firstFor(one, tries), onDone)),
    );
    return tries.map((one) => one.result());
  } finally {
    loop.close();
  }
}

/** Side by side, until each has called `onDone`. */
function runAll(loop: Loop, jobs: readonly ((onDone: () => void) => void)[]): void {
  const open = new Set(jobs);
  for (const job of jobs) job(() => open.delete(job));
  while (open.size > 0) loop.round(ROUND_MS);
}

interface Visitor {
  readonly ask: Asker;
  /** Server time minus ours, once it was learned. */
  clockOffsetMs(): number | undefined;
}

function visitor(protocol: ServerProtocol): Visitor {
  const noClock = (): undefined => undefined;
  if (protocol.transport === 'convert') {
    const client = convertClient(protocol);
    return { ask: () => client.ask(), clockOffsetMs: () => client.clockOffsetMs };
  }
  if (protocol.transport === 'socks5')
    return { ask: () => createSocks5Login(protocol.login), clockOffsetMs: noClock };
  // The others answer nothing without a target.
  return { ask: noClock, clockOffsetMs: noClock };
}

class PathTry {
  readonly path: Path;
  readonly #loop: Loop;
  readonly #visitor: Visitor;
  #hello: HelloResult | undefined;
  #plain: HelloResult | undefined;
  #join: JoinTry | undefined;

  constructor(loop: Loop, path: Path, guest: Visitor) {
    this.#loop = loop;
    this.path = path;
    this.#visitor = guest;
  }

  get isConnected(): boolean {
    return this.#hello?.kind === 'connected';
  }

  get keepsMptcp(): boolean {
    return this.#hello?.kind === 'connected' && this.#hello.isMptcp;
  }

  sayHello(onDone: () => void): void {
    this.#probe(true, (result) => {
      this.#hello = result;
      if (result.kind === 'connected' || result.why === 'unreachable') return onDone();
      this.#probe(false, (plain) => {
        this.#plain = plain;
        onDone();
      });
    });
  }

  /** A join over this path to a connection over `first`. */
  join(first: Path, onDone: () => void): void {
    const probe = new JoinProbe(this.#loop, this.path, this.path.to, (result) => {
      this.#join = { firstWan: first.wan, result };
      onDone();
    });
    probe.start(first);
  }

  result(): PathResult {
    return {
      path: this.path,
      hello: this.#hello as HelloResult,
      plain: this.#plain,
      clockOffsetMs: this.#visitor.clockOffsetMs(),
      join: this.#join,
    };
  }

  #probe(mptcp: boolean, onDone: (result: HelloResult) => void): void {
    new HelloProbe(this.#loop, this.path, mptcp, this.#visitor.ask(), onDone).start();
  }
}

/**
 * The path over another WAN to the same address that keeps MPTCP; without one, its own WAN. What lost MPTCP here is
 * tried again on its own WAN: our segments tell the network's doing from this kernel's.
 */
function firstFor(one: PathTry, tries: readonly PathTry[]): Path {
  const { path } = one;
  if (!one.keepsMptcp) return path;
  const isOther = (other: PathTry): boolean =>
    other.path.device !== path.device &&
    other.path.to.port === path.to.port &&
    sameAddress(other.path.to.address, path.to.address);
  return (tries.find((other) => isOther(other) && other.keepsMptcp) ?? one).path;
}

/** Every WAN to every address of the server of the same family. */
export function pathsTo(
  wans: readonly {
    readonly name: string;
    readonly interface: string;
    readonly sources: readonly Uint8Array[];
  }[],
  addresses: readonly SocketAddress[],
): Path[] {
  const families: readonly Family[] = [4, 6];
  return wans.flatMap((wan) =>
    families.flatMap((family) => {
      const from = wan.sources.find((source) => familyOf(source) === family);
      if (!from) return [];
      return addresses
        .filter(({ address }) => familyOf(address) === family)
        .map((to): Path => ({ wan: wan.name, device: wan.interface, from, to }));
    }),
  );
}
