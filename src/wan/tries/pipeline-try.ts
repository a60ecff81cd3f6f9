// Whether a SOCKS 5 server takes what comes before it has answered: some drop it, and a flow would hang there.
//
// Asked for is a port of the server's own loopback at which nobody listens: whatever it says to that, it has read the request.
import { parseAddress } from '../../base/address.ts';
import type { Socks5Protocol } from '../../config/server-protocol.ts';
import type { Loop } from '../../relay/loop/loop.ts';
import type { Path } from '../../relay/path.ts';
import { createSocks5Client } from '../../transport/socks5/client.ts';
import { HelloProbe } from './hello-probe.ts';
import type { HelloResult } from './hello-result.ts';

// The discard protocol, long out of use.
const NOWHERE = { address: parseAddress('127.0.0.1'), port: 9 };

/** To be started by the caller. @param onEnd undefined when it could not be told: no connection, or a refused login */
export function tryPipelining(
  loop: Loop,
  path: Path,
  { login }: Socks5Protocol,
  onEnd: (isTaken: boolean | undefined) => void,
): HelloProbe {
  const handshake = createSocks5Client({ login, isPipelined: true }).start(NOWHERE);
  return new HelloProbe(loop, path, false, handshake, (result) => onEnd(judge(result)));
}

function judge(result: HelloResult): boolean | undefined {
  if (result.kind === 'no-connection') return undefined;
  const { answer } = result;
  if (answer.kind === 'silent') return false;
  if (answer.kind === 'proved') return true;
  if (answer.kind !== 'refused') return undefined;
  return answer.reason === 'not-authorized' || answer.reason === 'malformed' ? undefined : true;
}
