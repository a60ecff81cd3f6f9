// An origin that answers as much as it is asked for, once a request is whole, and prints a line per whole request.
// Run inside a lab host with the port to listen on; ./sized-origin.ts is its other half and knows the form of requests.
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function serve(socket) {
  let request = Buffer.alloc(0);
  const onData = (data) => {
    request = Buffer.concat([request, data]);
    const headEnd = request.indexOf('\n');
    if (headEnd < 0) return;
    const [name, answerBytes, bodyBytes] = request.subarray(0, headEnd).toString('latin1').split(' ');
    const body = request.subarray(headEnd + 1);
    if (body.length < Number(bodyBytes)) return;
    socket.off('data', onData);
    socket.resume();
    print({ name, body: createHash('sha256').update(body).digest('hex') });
    socket.end(
      createHash('shake256', { outputLength: Number(answerBytes) })
        .update(name)
        .digest(),
    );
  };
  socket.on('data', onData);
  socket.on('error', () => socket.destroy());
}

const server = createServer({ allowHalfOpen: true }, serve);
server.listen({ port: Number(process.argv[2]), host: '::', backlog: 1024 }, () => print({ ready: true }));
