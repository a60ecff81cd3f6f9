// Asks one resolver for the addresses of a name, over one WAN: the host's own resolver follows the default route, which
// may lead nowhere, and a provider's resolver often answers its own customers only.
import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode, type Packet } from 'dns-packet';
import {
  type Address,
  type Family,
  familyOf,
  formatAddress,
  parseAddress,
  type SocketAddress,
} from '../../base/address.ts';
import { openDeviceUdp } from '../../linux/udp.ts';

export interface Resolver {
  readonly device: string;
  readonly from: Address;
  readonly at: SocketAddress;
}

const TYPES: Readonly<Record<Family, 'A' | 'AAAA'>> = { 4: 'A', 6: 'AAAA' };

/** Empty when there is no answer in time, or none of this family. */
export async function askResolver(
  { at, from, device }: Resolver,
  name: string,
  family: Family,
  timeoutMs: number,
): Promise<Address[]> {
  const fd = openDeviceUdp(from, device);
  if (fd < 0) return [];
  const socket = createSocket(familyOf(from) === 4 ? 'udp4' : 'udp6');
  try {
    socket.bind({ fd });
    const id = randomInt(0x1_0000);
    const question = { type: TYPES[family], name: name.replace(/\.$/, ''), class: 'IN' as const };
    const query = encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [question] });
    const answer = answerTo(id, socket, at, AbortSignal.timeout(timeoutMs));
    socket.send(query, at.port, formatAddress(at.address));
    return addressesOf(await answer, family);
  } catch {
    return [];
  } finally {
    socket.close();
  }
}

/** Anybody can send us a datagram: only one from the resolver with our id counts. */
async function answerTo(id: number, socket: Socket, at: SocketAddress, signal: AbortSignal): Promise<Packet> {
  for (;;) {
    const [datagram, peer] = (await once(socket, 'message', { signal })) as [Buffer, RemoteInfo];
    if (peer.port !== at.port || peer.address !== formatAddress(at.address)) continue;
    const packet = tryDecode(datagram);
    if (packet?.type === 'response' && packet.id === id) return packet;
  }
}

// RFC 1035 section 4.1.1.
const RECURSION_DESIRED = 0x0100;

function tryDecode(datagram: Buffer): Packet | undefined {
  try {
    return decode(datagram);
  } catch {
    return undefined;
  }
}

/** Of the name and of what it is an alias for: a resolver gives the whole chain. */
function addressesOf({ answers }: Packet, family: Family): Address[] {
  return (answers ?? []).flatMap((answer) =>
    answer.type === TYPES[family] && typeof answer.data === 'string' ? [parseAddress(answer.data)] : [],
  );
}
