// Asks from a lab host as whom a server sees it: so a test knows whether a connection was carried or went out directly.
import { fileURLToPath } from 'node:url';
import type { Host } from '../../src/lab/host.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';

const PROGRAM = fileURLToPath(new URL('peer-program.mjs', import.meta.url));
const TIMEOUT_MS = 20_000;

/** What one connection brought. */
export interface Answer {
  /** When it was begun, milliseconds of the monotonic clock of this machine. */
  readonly startMs: number;
  /** The client's address as the server sees it. */
  readonly peer?: string;
  /** Why there is no answer. */
  readonly error?: string;
}

function spawnPeer(host: Host, ...args: (string | number)[]): LabProcess {
  return host.spawn([process.execPath, PROGRAM, ...args.map(String)], {
    label: `peer ${args[0]} on ${host.name}`,
  });
}

/** A server on every address of the host, until the lab ends. */
export async function servePeers(host: Host, port: number): Promise<LabProcess> {
  const started = spawnPeer(host, 'serve', port);
  await started.waitFor(/ready/, TIMEOUT_MS);
  return started;
}

/** One new connection: the address that the server sees, or the error code. */
export async function askPeer(host: Host, address: string, port: number): Promise<string> {
  const started = spawnPeer(host, 'ask', address, port);
  const answer = JSON.parse(await started.waitFor(/startMs/, TIMEOUT_MS)) as Answer;
  return answer.peer ?? String(answer.error);
}

export interface PeerProbe {
  /** The first `count` answers, of those that came and those to come, that `match`. */
  wait(count: number, match: (answer: Answer) => boolean, timeoutMs?: number): Promise<Answer[]>;
  stop(): Promise<unknown>;
}

/** A new connection every `intervalMs`. */
export function startPeerProbe(host: Host, address: string, port: number, intervalMs: number): PeerProbe {
  const started = spawnPeer(host, 'probe', address, port, intervalMs);
  const answers: Answer[] = [];
  started.onLine((line) => {
    if (line.startsWith('{')) answers.push(JSON.parse(line) as Answer);
  });
  return {
    wait: (count, match, timeoutMs = TIMEOUT_MS) =>
      waitUntil(
        `${count} answers that match`,
        () => {
          const found = answers.filter(match);
          return found.length >= count && found.slice(0, count);
        },
        timeoutMs,
      ),
    stop: () => started.stop(),
  };
}

export interface Held {
  /** The client's address as the server sees it. */
  readonly peer: string;
  /** Resolves when two more lines went there and back. @throws when the connection has ended */
  works(): Promise<void>;
  stop(): Promise<unknown>;
}

/** One connection that is kept. */
export async function holdPeer(host: Host, address: string, port: number): Promise<Held> {
  const started = spawnPeer(host, 'hold', address, port);
  const first = JSON.parse(await started.waitFor(/peer|ended/, TIMEOUT_MS)) as { peer?: string };
  if (first.peer === undefined) throw started.error('held', 'was not connected');
  return {
    peer: first.peer,
    works: async () => {
      const last = started.stdout.at(-1) ?? '';
      const done = 'echo' in (JSON.parse(last) as object) ? (JSON.parse(last) as { echo: number }).echo : 0;
      const line = await started.waitFor(new RegExp(`"echo":${done + 2}}|ended`), TIMEOUT_MS);
      if (line.includes('ended')) throw started.error('held', `was ended: ${line}`);
    },
    stop: () => started.stop(),
  };
}
