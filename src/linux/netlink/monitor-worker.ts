// Entry of the monitor's worker thread: waits for kernel events so that the main thread does not have to.
import { parentPort, workerData } from 'node:worker_threads';
import { PrecisePoll } from '../precise-poll.ts';
import { CARRIER_LOOK_MS, CarrierWatch } from './carrier-watch.ts';
import { createDrains } from './event-drain.ts';
import type { FromMonitor, MonitorSpec } from './monitor-spec.ts';
import { Receiver } from './socket.ts';

// A thread that sits in a system call can be neither ended nor inspected: it returns to Node's own loop this often.
const TURN_MS = 1000;
// After a batch, what follows on its heels is gathered: the first event is told at once, a storm costs the main thread
// 200 messages a second.
const GATHER_MS = 5;

const spec = workerData as MonitorSpec;
const receiver = new Receiver();
const drains = createDrains(spec, receiver);
const carrier = new CarrierWatch(spec, receiver);
const waitMs = spec.carrierOf.length > 0 ? CARRIER_LOOK_MS : TURN_MS;
const all = new PrecisePoll([spec.stopFd, ...drains.map((one) => one.fd)]);
const stopOnly = new PrecisePoll([spec.stopFd]);

function turn(): void {
  const ready = all.wait(waitMs);
  if (ready > 0 && all.isReady(0)) return;
  const posts = ready > 0 ? drains.flatMap((one, i) => (all.isReady(i + 1) ? one.drain() : [])) : [];
  const events = carrier.look();
  if (events.length > 0) posts.push({ kind: 'events', events });
  for (const message of posts) post(message);
  if (ready > 0 && stopOnly.wait(GATHER_MS) > 0) return;
  setImmediate(turn);
}

function post(message: FromMonitor): void {
  parentPort?.postMessage(message);
}

post({ kind: 'ready' });
turn();
