// How much a transfer lets the far end of an MPTCP connection have under way from its beginning.
import { raiseReceiveRoom } from '../../linux/receive-room.ts';
import type { Conn } from '../loop/conn.ts';

// A WAN of 100 Mbit/s queues as much in 80 ms. Of what a socket may hold at most it is this part or less.
const RECEIVE_ROOM_BYTES = 1024 * 1024;
const RECEIVE_ROOM_PART = 16;

/** The caller reads until the socket is empty afterwards. */
export function makeReceiveRoom(source: Conn, bufferMaxBytes: number): void {
  if (!source.mptcp) return;
  const roomBytes = Math.min(RECEIVE_ROOM_BYTES, Math.floor(bufferMaxBytes / RECEIVE_ROOM_PART));
  raiseReceiveRoom(source.fd, roomBytes);
}
