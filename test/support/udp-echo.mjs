// UDP programs for lab hosts: `echo PORT` answers, `ask ADDRESS PORT SECONDS` asks every 50 ms and prints the longest
// time between two answers.
import { createSocket } from 'node:dgram';

const [mode, ...rest] = process.argv.slice(2);
const INTERVAL_MS = 50;

if (mode === 'echo') {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
  socket.bind(Number(rest[0]), () => console.log('listening'));
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
