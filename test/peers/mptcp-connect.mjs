// Opens one MPTCP connection as any program does, and ends when it is connected; argv is address and port.
import { setTimeout as delay } from 'node:timers/promises';
import { parseAddress } from '../../src/base/address.ts';
import { peerAddress, startConnect } from '../../src/linux/sockets.ts';

const LIMIT_MS = 30_000;
const [address, port] = process.argv.slice(2);
const to = { address: parseAddress(address), port: Number(port) };
const fd = startConnect({ to, mptcp: true, from: undefined, device: undefined, congestion: undefined });
const endMs = performance.now() + LIMIT_MS;
while (peerAddress(fd) === undefined) {
  if (performance.now() > endMs) throw new Error('not connected');
  await delay(50);
}
