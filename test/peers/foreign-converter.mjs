// A converter of RFC 8803 over MPTCP that knows nothing of wanbond: Info, Connect, and a cookie per client address.
// argv[2] is the port. It prints a line per request, what ../support/foreign-converter.ts calls a SeenRequest, and one for
// how each refused connection ended.
import { createHmac, randomBytes } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ANY_V4, formatAddress } from '../../src/base/address.ts';
import { MSG_DONTWAIT, SHUT_WR } from '../../src/linux/constants.ts';
import { EAGAIN, errnoName } from '../../src/linux/errno.ts';
import { errno, rawRecv, rawShutdown } from '../../src/linux/libc.ts';
import { openListener } from '../../src/linux/sockets.ts';

const DISCARDED = Buffer.alloc(64 * 1024);
const [INFO, CONNECT, COOKIE] = [1, 10, 22];
let secret = randomBytes(32);
// Its cookies are refused from now on, as after a restart.
process.on('SIGUSR1', () => (secret = randomBytes(32)));

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function message(tlvs = []) {
  const body = Buffer.concat(tlvs);
  return Buffer.concat([Buffer.from([1, (body.length + 4) / 4, 0x22, 0x63]), body]);
}
const errorMessage = (code, value = [0]) => {
  const body = Buffer.from([30, 0, code, ...value]);
  body[1] = body.length / 4;
  return message([body]);
};
const cookieOf = (socket) =>
  createHmac('sha256', secret).update(socket.remoteAddress).digest().subarray(0, 12);

function parse(bytes) {
  const tlvs = new Map();
  const end = bytes[1] * 4;
  for (let at = 4; at < end; at += bytes[at + 1] * 4) {
    if (bytes[at + 1] === 0) throw new Error('a TLV of length 0');
    tlvs.set(bytes[at], bytes.subarray(at + 2, at + bytes[at + 1] * 4));
  }
  return { tlvs, rest: bytes.subarray(end) };
}

/**
 * A client has to reset a connection with an error: prints whether it does. It is read with recv(2): node takes a hang-up
 * behind unread bytes for an end, and its shutdown(2) may be what meets the reset.
 */
async function refuse(socket, answer) {
  const { fd } = socket._handle;
  // A paused socket is read until its buffer is full.
  socket._handle.readStop();
  socket.write(answer);
  // Its own end comes behind the error; the client may have reset the connection by now.
  rawShutdown(fd, SHUT_WR);
  for (;;) {
    const read = rawRecv(fd, DISCARDED, DISCARDED.length, MSG_DONTWAIT);
    const code = read < 0 ? errno() : 0;
    if (read > 0) continue;
    if (code !== EAGAIN) {
      // Behind our own end the kernel may close for want of subflows before it gets to the MP_FASTCLOSE, and keeps no error
      // then (net/mptcp/protocol.c, __mptcp_close_ssk). An orderly end of the client is read as one all the same.
      const how = read === 0 ? 'end' : errnoName(code);
      print({ refused: how === 'ENOTCONN' ? 'ECONNRESET' : how });
      return socket.destroy();
    }
    await delay(1);
  }
}

function serve(socket, { tlvs, rest }) {
  const cookie = tlvs.get(COOKIE)?.subarray(2);
  const isGood = cookie?.equals(cookieOf(socket)) ?? false;
  print({
    types: [...tlvs.keys()],
    cookie: cookie ? (isGood ? 'good' : 'bad') : 'none',
    from: socket.remoteAddress,
  });
  if (!cookie) return void refuse(socket, errorMessage(3, [0, ...cookieOf(socket)]));
  if (!isGood) return void refuse(socket, errorMessage(32));
  const info = tlvs.has(INFO) ? [Buffer.from([21, 2, 0, 0, 30, 0, 0, 0])] : [];
  const to = tlvs.get(CONNECT);
  if (!to) return socket.end(message(info)).resume();
  const target = connect({
    port: to.readUInt16BE(0),
    host: formatAddress(to.subarray(2, 18)),
    allowHalfOpen: true,
  });
  target.once('connect', () => {
    socket.write(message(info));
    target.write(rest);
    socket.pipe(target);
    target.pipe(socket);
  });
  target.on('error', (error) => {
    if (target.bytesRead === 0 && error.code === 'ECONNREFUSED') void refuse(socket, errorMessage(96));
    else socket.destroy();
  });
  socket.on('close', () => target.destroy());
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  let bytes = Buffer.alloc(0);
  const onData = (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length < 4 || bytes.length < bytes[1] * 4) return;
    socket.off('data', onData).off('end', onEnd);
    socket.pause();
    serve(socket, parse(bytes));
  };
  const onEnd = () => socket.end();
  socket.on('data', onData);
  socket.on('error', () => socket.destroy());
  socket.on('end', onEnd);
});
const at = { address: ANY_V4, port: Number(process.argv[2]) };
const fd = openListener({ at, mptcp: true, transparent: false, congestion: undefined, backlog: 128 });
server.listen({ fd }, () => print({ ready: true }));
