// A client of RFC 8803 over MPTCP that knows nothing of wanbond: its messages are made here, from the RFC.
// argv[2] is what ../support/foreign-client.ts calls a ForeignRequest; it prints one line, a ForeignResult.
import { createHash, randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAddress } from '../../src/base/address.ts';
import { peerAddress, startConnect, stillMptcp } from '../../src/linux/sockets.ts';

const [INFO, CONNECT, COOKIE, ERROR] = [1, 10, 22, 30];
const MISSING_COOKIE = 3;
const LIMIT_MS = 20_000;

function tlv(type, body) {
  const padded = Buffer.alloc(Math.ceil((2 + body.length) / 4) * 4);
  padded[0] = type;
  padded[1] = padded.length / 4;
  body.copy(padded, 2);
  return padded;
}

function connectTlv({ address, port }, options = '') {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(port);
  return tlv(CONNECT, Buffer.concat([head, Buffer.from(parseAddress(address)), Buffer.from(options, 'hex')]));
}

function message(tlvs) {
  const body = Buffer.concat(tlvs);
  return Buffer.concat([Buffer.from([1, (body.length + 4) / 4, 0x22, 0x63]), body]);
}

async function open({ address, port }) {
  const to = { address: parseAddress(address), port };
  const fd = startConnect({ to, mptcp: true, from: undefined, device: undefined, congestion: undefined });
  if (fd < 0) throw new Error(`not connected: errno ${-fd}`);
  const endMs = performance.now() + LIMIT_MS;
  while (peerAddress(fd) === undefined) {
    if (performance.now() > endMs) throw new Error('not connected');
    await delay(5);
  }
  return { fd, socket: new Socket({ fd, allowHalfOpen: true }) };
}

/** The TLVs of the answer, and what came behind it. */
async function readAnswer(socket) {
  let bytes = Buffer.alloc(0);
  while (bytes.length < 4 || bytes.length < bytes[1] * 4) {
    const [chunk] = await once(socket, 'data');
    bytes = Buffer.concat([bytes, chunk]);
  }
  socket.pause();
  if (bytes[0] !== 1 || bytes.readUInt16BE(2) !== 0x2263)
    throw new Error(`no Convert: ${bytes.toString('hex')}`);
  const end = bytes[1] * 4;
  const tlvs = [];
  for (let at = 4; at < end; at += bytes[at + 1] * 4) {
    const value = bytes.subarray(at + 2, at + bytes[at + 1] * 4);
    tlvs.push({ type: bytes[at], value: value.toString('hex') });
  }
  return { tlvs, rest: bytes.subarray(end) };
}

/** Sends random bytes, ends, and reads to the end: what came is compared by its hash. */
async function echo(socket, rest, count) {
  const sent = randomBytes(count);
  const received = createHash('sha256').update(rest);
  let bytes = rest.length;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    received.update(chunk);
  });
  socket.resume();
  const ended = once(socket, 'end');
  socket.end(sent);
  await ended;
  return { sent, bytes, sha256: received.digest('hex') };
}

async function run({ server, info, target, options, cookie, banner, echoBytes }) {
  const wanted = [
    ...(info ? [tlv(INFO, Buffer.alloc(2))] : []),
    ...(target ? [connectTlv(target, options)] : []),
  ];
  const answers = [];
  for (let kept = cookie; ; ) {
    const { fd, socket } = await open(server);
    const given = kept === undefined ? [] : [tlv(COOKIE, Buffer.from(`0000${kept}`, 'hex'))];
    socket.write(message([...wanted, ...given]));
    const { tlvs, rest } = await readAnswer(socket);
    answers.push(tlvs);
    const error = tlvs.find(({ type }) => type === ERROR)?.value;
    if (error !== undefined) {
      // As the RFC asks of a client.
      socket.resetAndDestroy();
      if (parseInt(error.slice(0, 2), 16) !== MISSING_COOKIE || kept !== undefined) return { answers };
      kept = error.slice(4);
      continue;
    }
    if (!target) {
      socket.resume();
      await once(socket, 'end');
      socket.destroy();
      return { answers, cookie: kept };
    }
    if (echoBytes === undefined) {
      socket.resetAndDestroy();
      return { answers, cookie: kept };
    }
    // At the end of a flow the kernel has forgotten; what data does to MPTCP it has done.
    const isMptcp = stillMptcp(fd);
    const { sent, bytes, sha256 } = await echo(socket, rest, echoBytes);
    const expected = createHash('sha256').update(banner).update(sent).digest('hex');
    socket.destroy();
    return { answers, cookie: kept, bytes, isEqual: sha256 === expected, isMptcp };
  }
}

process.stdout.write(`${JSON.stringify(await run(JSON.parse(process.argv[2])))}\n`);
