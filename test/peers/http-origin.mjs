// A web server of test bytes: GET /SEED/BYTES sends so much of that stream, PUT answers with the SHA-256 of what came.
// Run inside a lab host with the port to listen on; ../support/http-origin.ts is its other half.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ByteStream } from '../../src/lab/traffic/byte-stream.ts';

const CHUNK_BYTES = 256 * 1024;

function* chunks(seed, bytes) {
  const stream = new ByteStream(seed, bytes);
  for (let chunk = stream.next(CHUNK_BYTES); chunk; chunk = stream.next(CHUNK_BYTES)) yield chunk;
}

async function serve(request, response) {
  if (request.method === 'PUT') {
    const hash = createHash('sha256');
    for await (const data of request) hash.update(data);
    response.end(hash.digest('hex'));
    return;
  }
  const [, seed, bytes] = request.url.split('/').map(Number);
  response.setHeader('content-length', bytes);
  await pipeline(Readable.from(chunks(seed, bytes), { objectMode: false }), response);
}

const server = createServer((request, response) => {
  // Who broke off knows it.
  serve(request, response).catch(() => request.destroy());
});
server.listen({ port: Number(process.argv[2]), host: '::' }, () => process.stdout.write('listening\n'));
