import { expect, test } from 'vitest';
import { connectedPair } from './loopback.fixture.ts';
import { SO_RCVBUF } from './netlink/abi.ts';
import { SO_RCVLOWAT, SOL_SOCKET } from './constants.ts';
import { close, getsockoptInt } from './libc.ts';
import { raiseReceiveRoom } from './receive-room.ts';

test('makes room on an MPTCP connection, takes none away, and any byte goes on to wake', () => {
  const [client, server] = connectedPair({ client: true, listener: true });
  const room = (): number => getsockoptInt(client, SOL_SOCKET, SO_RCVBUF) ?? 0;
  try {
    expect(room()).toBeLessThan(1024 * 1024);
    raiseReceiveRoom(client, 1024 * 1024);
    const raised = room();
    expect(raised).toBeGreaterThan(1024 * 1024);
    raiseReceiveRoom(client, 64 * 1024);
    expect(room()).toBe(raised);
    expect(getsockoptInt(client, SOL_SOCKET, SO_RCVLOWAT)).toBe(1);
  } finally {
    close(client);
    close(server);
  }
});
