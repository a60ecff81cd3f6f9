// One try of what a path does to MPTCP: a connection as a flow would begin it, then a join to a connection. Does not
// block, and opens no flow: the server is asked for nothing.
import type { Loop } from '../../relay/loop/loop.ts';
import type { Path } from '../../relay/path.ts';
import type { Asker } from '../../transport/server-client.ts';
import { HelloProbe } from './hello-probe.ts';
import type { HelloResult } from './hello-result.ts';
import { JoinProbe, type JoinResult } from './join/join-probe.ts';
import type { CapableFate, JoinFate, MptcpSurvival } from './mptcp-survival.ts';

const JOIN_FATES: Readonly<Record<JoinResult['kind'], JoinFate>> = {
  joined: 'kept',
  stripped: 'stripped',
  refused: 'refused',
  silent: 'dropped',
  untested: 'untested',
};

export interface MptcpTryParts {
  readonly loop: Loop;
  readonly path: Path;
  /** Of the connection to join: over another WAN to the same address if there is one that keeps MPTCP. */
  readonly first: Path;
  readonly ask: Asker;
  /** Undefined when nothing can be told: plain TCP does not connect either. */
  readonly onEnd: (survival: MptcpSurvival | undefined) => void;
}

export class MptcpTry {
  readonly #parts: MptcpTryParts;
  #running: HelloProbe | JoinProbe | undefined;

  constructor(parts: MptcpTryParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#hello(true, (result) => {
      if (result.kind === 'connected') this.#join(result.isMptcp ? 'kept' : 'stripped');
      else if (result.why === 'unreachable') this.#end(undefined);
      else this.#askAgain();
    });
  }

  abort(): void {
    this.#running?.abort();
  }

  /** Chance may lose two SYNs: only when it fails again beside a plain one, the option is to blame. */
  #askAgain(): void {
    this.#hello(false, (plain) => {
      if (plain.kind !== 'connected') return this.#end(undefined);
      this.#hello(true, (result) => {
        if (result.kind === 'connected') this.#join(result.isMptcp ? 'kept' : 'stripped');
        else this.#join('dropped');
      });
    });
  }

  #hello(mptcp: boolean, onDone: (result: HelloResult) => void): void {
    const { loop, path, ask } = this.#parts;
    const probe = new HelloProbe(loop, path, mptcp, ask(), onDone);
    this.#running = probe;
    probe.start();
  }

  #join(capable: CapableFate): void {
    const { loop, path, first } = this.#parts;
    const probe = new JoinProbe(loop, path, path.to, ({ kind }) =>
      this.#end({ capable, join: JOIN_FATES[kind] }),
    );
    this.#running = probe;
    probe.start(first);
  }

  #end(survival: MptcpSurvival | undefined): void {
    this.#running = undefined;
    this.#parts.onEnd(survival);
  }
}
