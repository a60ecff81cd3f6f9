// Answers the routers' link probes, over UDP on the port that they connect to over MPTCP.
import { createSocket, type Socket } from 'node:dgram';
import { familyOf, formatAddress, parseAddress, type SocketAddress } from '../base/address.ts';
import { describe, WanbondError } from '../base/error.ts';
import type { ServerConfig } from '../config/server.ts';
import type { Families } from '../transport/handshake.ts';
import { createProbeResponder, type ProbeResponder } from '../transport/probe.ts';

export interface ProbeService {
  /** @throws WanbondError `bad-key`, and nothing has changed */
  reconfigure(next: ServerConfig): void;
  close(): void;
}

export async function startProbeService(
  config: ServerConfig,
  listens: readonly SocketAddress[],
  families: () => Families,
): Promise<ProbeService> {
  const responderOf = ({ id: serverId, keys }: ServerConfig): ProbeResponder =>
    createProbeResponder(
      serverId,
      keys.map(({ id, key }) => ({ id, psk: key })),
      families,
    );
  let respond = responderOf(config);
  const sockets: Socket[] = [];
  const close = (): void => sockets.forEach((socket) => socket.close());
  try {
    for (const listen of listens)
      sockets.push(await openResponder(listen, (datagram, from) => respond(datagram, from)));
  } catch (error) {
    close();
    throw error;
  }
  return {
    reconfigure: (next) => {
      respond = responderOf(next);
    },
    close,
  };
}

function openResponder({ address, port }: SocketAddress, respond: ProbeResponder): Promise<Socket> {
  const isV6 = familyOf(address) === 6;
  const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', ipv6Only: isV6 });
  socket.on('message', (datagram, from) => {
    // A link-local sender carries its interface behind a %; the answer goes to it as it came.
    const peer = { address: parseAddress(from.address.split('%')[0] ?? ''), port: from.port };
    const reply = respond(datagram, peer);
    // A reply that cannot be sent is a lost probe, which is what the router is there to notice.
    if (reply) socket.send(reply, from.port, from.address, () => undefined);
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => {
      socket.close();
      reject(
        new WanbondError({
          code: 'probe-port',
          message: `cannot listen for probes on ${formatAddress(address)} UDP port ${port}: ${describe(cause)}`,
          hint: 'Stop the program that uses this UDP port, or choose another port for [[listen]].',
          cause,
        }),
      );
    });
    socket.bind(port, formatAddress(address), () => {
      socket.removeAllListeners('error');
      // Errors after the bind (ICMP answers to replies) concern one peer only.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}
