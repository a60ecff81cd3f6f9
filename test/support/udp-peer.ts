// Asks from a lab host over UDP as whom a server sees it, or which error comes back and when.
import { fileURLToPath } from 'node:url';
import type { Host } from '../../src/lab/host.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';

const PROGRAM = fileURLToPath(new URL('udp-peer.mjs', import.meta.url));
const START_TIMEOUT_MS = 20_000;
const WAIT_MS = 5000;

export interface UdpAnswer {
  /** The client's address as the server sees it, or an error code, or `silence`. */
  readonly outcome: string;
  /** Datagrams until then. */
  readonly sent: number;
}

/** A server until the lab ends. A host answers from its first address, unless another one is named. */
export async function serveUdpPeers(host: Host, port: number, address = '::'): Promise<LabProcess> {
  const started = host.spawn([process.execPath, PROGRAM, 'serve', String(port), address], {
    label: `UDP peers on ${host.name}`,
  });
  await started.waitFor(/ready/, START_TIMEOUT_MS);
  return started;
}

/** A new conversation. */
export async function askUdpPeer(host: Host, address: string, port: number): Promise<UdpAnswer> {
  const argv = [process.execPath, PROGRAM, 'ask', address, String(port), String(WAIT_MS)];
  return JSON.parse(await host.must(argv)) as UdpAnswer;
}

/** One conversation that is kept; the function returned awaits its next answer. */
export async function keepUdpPeer(host: Host, address: string, port: number): Promise<() => Promise<string>> {
  const started = host.spawn([process.execPath, PROGRAM, 'keep', address, String(port)], {
    label: `UDP conversation of ${host.name}`,
  });
  const answers: string[] = [];
  started.onLine((line) => {
    if (line.startsWith('{')) answers.push((JSON.parse(line) as UdpAnswer).outcome);
  });
  const next = async (): Promise<string> => {
    const seen = answers.length;
    return waitUntil('another answer over UDP', () => answers[seen]);
  };
  await next();
  return next;
}
