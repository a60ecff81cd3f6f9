// Small TCP programs for lab hosts: a server that tells each client which address it sees, and clients that ask it.
// A flow that is carried shows the server's address there, one that goes out directly the WAN's.
import { connect, createServer } from 'node:net';

const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
// The monotonic clock, which all processes of this machine share.
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
const ASK_TIMEOUT_MS = 3000;
const ECHO_INTERVAL_MS = 30;

/** First the client's address as a line, then everything comes back. */
function serve(port) {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(`${socket.remoteAddress.replace(/^::ffff:/, '')}\n`);
    socket.pipe(socket);
  });
  server.listen({ port, host: '::' }, () => print({ ready: true }));
}

/** One connection: the address that the server sees, or why there is none. */
function ask(address, port) {
  const startMs = nowMs();
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const finish = (outcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ startMs, ...outcome });
    };
    const timer = setTimeout(() => finish({ error: 'ETIMEDOUT' }), ASK_TIMEOUT_MS);
    socket.once('data', (data) => finish({ peer: data.toString().trim() }));
    socket.once('end', () => finish({ error: 'ended without a byte' }));
    socket.once('error', (error) => finish({ error: error.code }));
  });
}

/** A new connection every so often, without waiting for the ones before. */
function probe(address, port, intervalMs) {
  setInterval(() => void ask(address, port).then(print), intervalMs);
}

/** One connection that is kept, and used all the time. */
function hold(address, port) {
  const socket = connect({ host: address, port, noDelay: true });
  let lines = -1;
  socket.setEncoding('latin1').on('data', (text) => {
    if (lines < 0) print({ peer: text.trim() });
    else print({ echo: lines });
    lines++;
    setTimeout(() => socket.write(`${lines}\n`), ECHO_INTERVAL_MS);
  });
  socket.once('error', (error) => print({ ended: error.code }));
  socket.once('end', () => print({ ended: 'end' }));
}

const [command, ...args] = process.argv.slice(2);
if (command === 'serve') serve(Number(args[0]));
if (command === 'ask') print(await ask(args[0], Number(args[1])));
if (command === 'probe') probe(args[0], Number(args[1]), Number(args[2]));
if (command === 'hold') hold(args[0], Number(args[1]));
