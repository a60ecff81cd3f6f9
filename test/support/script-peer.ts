// The two ends of a plain TCP connection, each with a list of what to do: for how flows end and what holds them up.
import { ORIGIN } from '../../src/lab/addresses.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { builtPeer } from './built-peer.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';

export type PeerStep =
  /** So many bytes, in chunks of so many, with a pause after each. */
  | readonly ['send', bytes: number, chunkBytes?: number, pauseMs?: number]
  /** Waits for so many more bytes. */
  | readonly ['read', bytes: number]
  /** Reads until the end or an error. */
  | readonly ['readAll']
  /** Ends our direction. */
  | readonly ['fin']
  /** Ends the peer, without a result. */
  | readonly ['reset']
  /** Waits for `go()`; once per script. */
  | readonly ['signal'];

export interface StepResult {
  readonly step: PeerStep[0];
  /** Read so far. */
  readonly bytes?: number;
  /** Of what was sent by `send`, of what was read by `readAll`. */
  readonly sha256?: string;
  readonly sentBytes?: number;
  /** How reading came to its end: `end`, or the error code. */
  readonly outcome?: string;
}

export interface ScriptPeer {
  readonly process: LabProcess;
  /** The result of the `n`-th step, counted from 0. */
  done(n: number): Promise<StepResult>;
  /** Bytes of a running `send` that the kernel has taken. */
  taken(): number;
  go(): void;
}

const PROGRAM = builtPeer('script-peer');
const TIMEOUT_MS = 60_000;

function start(
  lab: Lab,
  host: 'lan' | 'origin',
  role: 'listen' | 'connect',
  where: object,
  steps: readonly PeerStep[],
): ScriptPeer {
  const argv = [process.execPath, PROGRAM, role, JSON.stringify(where), JSON.stringify(steps)];
  const started = lab.hosts[host].spawn(argv, { label: `script on ${host}` });
  const results = (): StepResult[] =>
    started.stdout.filter((line) => line.startsWith('{"step"')).map((line) => JSON.parse(line) as StepResult);
  return {
    process: started,
    done: async (n) => {
      while (results().length <= n) {
        if (started.exit) throw started.error('script', `ended before step ${n}`);
        await nextStep(started, results().length);
      }
      return results()[n] as StepResult;
    },
    taken: () => {
      const line = started.stdout.findLast((one) => one.startsWith('{"taken"'));
      return line === undefined ? 0 : (JSON.parse(line) as { taken: number }).taken;
    },
    go: () => started.kill('SIGUSR1'),
  };
}

async function nextStep(started: LabProcess, after: number): Promise<void> {
  let unsubscribe = (): void => undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      unsubscribe = started.onLine((line) => line.startsWith('{"step"') && resolve());
      timer = setTimeout(() => reject(started.error('script', `did not end step ${after}`)), TIMEOUT_MS);
      void started.exited.then(() => resolve());
    });
  } finally {
    clearTimeout(timer);
    unsubscribe();
  }
}

/** Both ends of one connection from the LAN to the origin; `port` must be new for each pair. */
export async function startPair(
  lab: Lab,
  port: number,
  steps: { readonly lan: readonly PeerStep[]; readonly origin: readonly PeerStep[] },
  address: string = ORIGIN.address4,
): Promise<{ lan: ScriptPeer; origin: ScriptPeer }> {
  const origin = start(lab, 'origin', 'listen', { port }, steps.origin);
  await origin.process.waitFor(/"ready"/, TIMEOUT_MS);
  return { origin, lan: start(lab, 'lan', 'connect', { address, port }, steps.lan) };
}
