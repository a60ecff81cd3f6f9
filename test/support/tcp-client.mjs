// Opens plain TCP connections as told by a JSON list on standard input, and prints how each of them ended.
// Run inside a lab host; ./tcp-probe.ts is its other half.
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { text } from 'node:stream/consumers';

/** @param {{ address: string, port: number, localPort?: number, sendHex?: string, endAfterSend?: boolean, startAfterMs?: number, waitMs: number }} probe */
async function run(probe) {
  await delay(probe.startAfterMs ?? 0);
  return new Promise((resolve) => {
    const startMs = performance.now();
    const startedAtMs = Date.now();
    const received = [];
    let connected = false;
    let firstByteMs;
    const { address: host, port, localPort } = probe;
    const socket = connect({ host, port, localPort, noDelay: true, allowHalfOpen: true });
    const finish = (outcome) => {
      clearTimeout(timer);
      socket.destroy();
      const hex = Buffer.concat(received).toString('hex');
      const totalMs = performance.now() - startMs;
      resolve({ outcome, connected, receivedHex: hex, startedAtMs, firstByteMs, totalMs });
    };
    const timer = setTimeout(() => finish('silence'), probe.waitMs);
    const begin = () => {
      connected = true;
      const bytes = Buffer.from(probe.sendHex ?? '', 'hex');
      if (probe.endAfterSend) socket.end(bytes);
      else if (bytes.length > 0) socket.write(bytes);
    };
    socket.once('connect', begin);
    socket.on('data', (data) => {
      firstByteMs ??= performance.now() - startMs;
      received.push(data);
    });
    socket.once('end', () => finish('end'));
    socket.once('error', (error) => finish(error.code ?? error.message));
  });
}

const { probes, concurrency } = JSON.parse(await text(process.stdin));
const outcomes = [];
let next = 0;
await Promise.all(
  Array.from({ length: Math.min(concurrency, probes.length) }, async () => {
    while (next < probes.length) {
      const index = next++;
      outcomes[index] = await run(probes[index]);
    }
  }),
);
process.stdout.write(JSON.stringify(outcomes));
