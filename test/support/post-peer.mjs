// Both ends of HTTP POSTs: `serve PORT` prints what each request brought and answers it; `post URL COUNT BYTES` waits
// for SIGUSR1, then sends that many at once, each with a body of its own, and prints what became of them. ./post-peer.ts is
// its other half.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, request } from 'node:http';

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

const ROLES = {
  serve(port) {
    const server = createServer((message, response) => {
      const hash = createHash('sha256');
      message.on('data', (data) => hash.update(data));
      message.on('end', () => {
        const digest = hash.digest('hex');
        print({ request: `${message.method} ${message.url} ${digest}` });
        response.end(digest);
      });
      message.on('error', (error) => print({ request: `${message.method} ${message.url} ${error.code}` }));
    });
    server.on('connection', () => print({ accepted: true }));
    server.listen({ port: Number(port), host: '::', backlog: 1024 }, () => print({ ready: true }));
  },
  async post(url, count, bytes) {
    // A signal alone keeps no program alive.
    const alive = setInterval(() => {}, 60_000);
    const told = new Promise((resolve) => process.once('SIGUSR1', resolve));
    print({ ready: true });
    await told;
    clearInterval(alive);
    const results = await Promise.all(
      Array.from({ length: Number(count) }, () => postOne(url, Number(bytes))),
    );
    print({ results });
  },
};

/** Never sent a second time by this side: `agent: false` keeps no connection that could be stale. */
function postOne(url, bytes) {
  const body = randomBytes(bytes);
  const digest = sha256(body);
  const sent = `POST /${digest.slice(0, 8)} ${digest}`;
  return new Promise((resolve) => {
    const options = { method: 'POST', agent: false, headers: { 'content-length': bytes } };
    const posting = request(`${url}/${digest.slice(0, 8)}`, options, (response) => {
      let answer = '';
      response.setEncoding('latin1').on('data', (text) => (answer += text));
      response.on('end', () =>
        resolve({ sent, outcome: answer === digest ? 'answered' : `answered ${answer}` }),
      );
    });
    posting.on('error', (error) => resolve({ sent, outcome: error.code ?? error.message }));
    posting.end(body);
  });
}

const [role, ...args] = process.argv.slice(2);
await ROLES[role](...args);
