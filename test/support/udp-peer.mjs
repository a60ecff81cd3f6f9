// Small UDP programs for lab hosts: a server that tells each client which address it sees, and a client that asks it
// from a connected socket, so that it hears of ICMP errors. ./udp-peer.ts is its other half.
import { createSocket } from 'node:dgram';

const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const INTERVAL_MS = 200;

/** One address besides `::` may be served too: what comes to it is answered from it. */
function serve(port, address) {
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', reuseAddr: true });
  socket.on('message', (_, from) =>
    socket.send(from.address.replace(/^::ffff:/, ''), from.port, from.address, () => undefined),
  );
  socket.bind(port, address, () => print({ ready: true }));
}

/** Asks until an answer or an error comes; with `keep` on and on, a line for each answer. */
function ask(address, port, waitMs, keep) {
  const startMs = performance.now();
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  let sent = 0;
  const send = () => {
    sent++;
    socket.send('?', () => undefined);
  };
  const tell = (outcome) => {
    print({ outcome, sent, totalMs: performance.now() - startMs });
    if (!keep) process.exit(0);
  };
  socket.on('message', (bytes) => tell(bytes.toString()));
  socket.on('error', (error) => tell(error.code));
  socket.connect(port, address, () => {
    send();
    setInterval(send, INTERVAL_MS);
  });
  if (!keep) setTimeout(() => tell('silence'), waitMs);
}

const [command, ...args] = process.argv.slice(2);
if (command === 'serve') serve(Number(args[0]), args[1]);
if (command === 'ask') ask(args[0], Number(args[1]), Number(args[2]), false);
if (command === 'keep') ask(args[0], Number(args[1]), 0, true);
