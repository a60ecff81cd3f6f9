// UDP programs for lab hosts: `echo PORT` answers, `forward PORT ADDRESS PORT` passes on like a resolver on a router,
// `ask ADDRESS PORT SECONDS` asks every 50 ms and prints the longest time between two answers.
import { createSocket } from 'node:dgram';

const [mode, ...rest] = process.argv.slice(2);
const INTERVAL_MS = 50;

if (mode === 'echo') {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
  socket.bind(Number(rest[0]), () => console.log('listening'));
} else if (mode === 'forward') {
  const [port, address, targetPort] = rest;
  const near = createSocket('udp4');
  near.on('message', (bytes, from) => {
    // A socket a question, as a resolver does it; an unanswered one is forgotten.
    const far = createSocket('udp4');
    const timer = setTimeout(() => far.close(), 3000);
    far.on('error', () => undefined);
    far.on('message', (answer) => {
      clearTimeout(timer);
      far.close();
      near.send(answer, from.port, from.address);
    });
    far.send(bytes, Number(targetPort), address, () => undefined);
  });
  near.bind(Number(port), () => console.log('listening'));
} else {
  const [address, port, seconds] = rest;
  const socket = createSocket('udp4');
  let lastMs = performance.now();
  let gapMs = 0;
  let answers = 0;
  let sinceMs = 0;
  const note = () => {
    const now = performance.now();
    gapMs = Math.max(gapMs, now - lastMs);
    lastMs = now;
  };
  socket.on('error', () => undefined);
  socket.on('message', () => {
    answers++;
    note();
    if (answers === 1) {
      sinceMs = performance.now();
      gapMs = 0;
      console.log('answered');
    }
  });
  const timer = setInterval(() => socket.send('?', Number(port), address, () => undefined), INTERVAL_MS);
  setTimeout(() => {
    clearInterval(timer);
    note();
    console.log(JSON.stringify({ answers, gapMs, overMs: performance.now() - sinceMs }));
    socket.close();
  }, Number(seconds) * 1000);
}
