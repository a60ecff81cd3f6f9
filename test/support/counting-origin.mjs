// An origin that tells what reaches it: prints a line per connection and per first bytes, answers and closes.
// Run inside a lab host with the port to listen on; ./counting-origin.ts is its other half.
import { createServer } from 'node:net';

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const server = createServer((socket) => {
  print({ accepted: socket.remoteAddress });
  socket.on('error', () => socket.destroy());
  socket.once('data', (data) => {
    print({ request: data.toString('latin1') });
    socket.end(`answer to ${data.toString('latin1')}`);
  });
});
server.listen({ port: Number(process.argv[2]), host: '::', backlog: 1024 }, () => print({ ready: true }));
