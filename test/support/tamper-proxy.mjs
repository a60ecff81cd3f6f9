// Sits between router and server and spoils what passes, connection by connection; a plan says how, as JSON in argv:
// { listen, server: { address, port }, spoil: [...] }. The n-th connection that wants a target gets the n-th entry.
// Run inside a lab host; ./tamper-proxy.ts is its other half and tells what the entries mean.
import { connect, createServer } from 'node:net';

const plan = JSON.parse(process.argv[2]);
let next = 0;

/** Bytes as they are to go on, and whether that is all. */
function bend(bytes, { cutAt, flipBit }) {
  const out = Buffer.from(cutAt === undefined ? bytes : bytes.subarray(0, cutAt));
  if (flipBit !== undefined) out[flipBit >> 3] ^= 1 << (flipBit & 7);
  return out;
}

/** Sends the request on, without anybody waiting for the answer. */
function sendAlone(bytes) {
  return new Promise((resolve) => {
    const other = connect({ host: plan.server.address, port: plan.server.port, allowHalfOpen: true }, () => {
      other.write(bytes);
    });
    other.once('data', () => resolve(other.destroy()));
    other.once('error', () => resolve());
    other.once('close', () => resolve());
  });
}

// Where the first TLV of a hello says what it is for, and the value of the Info TLV: a router that only looks whether
// the server is there (RFC 8803 section 4.2).
const TLV_AT = 4;
const TLV_INFO = 0x01;

async function serve(router, first) {
  const isQuestion = first[TLV_AT] === TLV_INFO;
  const spoil = isQuestion ? {} : plan.spoil[next++ % plan.spoil.length];
  if (spoil.reply !== undefined) {
    router.end(Buffer.from(spoil.reply, 'hex'));
    return;
  }
  if (spoil.replayed) await sendAlone(first);
  const server = connect({ host: plan.server.address, port: plan.server.port, allowHalfOpen: true });
  server.on('error', () => router.resetAndDestroy());
  router.on('error', () => server.resetAndDestroy());
  const hello = spoil.hello ? bend(first, spoil.hello) : first;
  if (spoil.hello?.cutAt === undefined) {
    server.write(hello);
    router.pipe(server);
  } else {
    server.end(hello);
  }
  if (!spoil.answer) {
    server.pipe(router);
    return;
  }
  server.once('data', (reply) => {
    const bent = bend(reply, spoil.answer);
    if (spoil.answer.cutAt === undefined) {
      router.write(bent);
      server.pipe(router);
      return;
    }
    router.end(bent);
    server.destroy();
  });
}

const listener = createServer({ allowHalfOpen: true, noDelay: true }, (router) => {
  // A connection that says nothing is a hedge that lost.
  router.on('error', () => router.destroy());
  router.once('data', (first) => {
    router.pause();
    void serve(router, first);
  });
});
listener.listen({ port: plan.listen, host: '::' }, () => process.stdout.write('ready\n'));
