// A TCP server that says the same thing to everybody: argv is address, port, then the answer in hex, `-` for an end
// without an answer, or nothing for silence.
import { createServer } from 'node:net';

const [address, port, answer] = process.argv.slice(2);
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => {
    if (answer === undefined) return;
    if (answer === '-') socket.end();
    else socket.end(Buffer.from(answer, 'hex'));
  });
});
server.listen(Number(port), address, () => console.log('listening'));
