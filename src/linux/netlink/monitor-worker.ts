// Entry of the monitor's worker thread: waits for kernel events so that the main thread does not have to.
import { parentPort, workerData } from 'node:worker_threads';
import { PrecisePoll } from '../precise-poll.ts';
import { CarrierWatch } from './carrier-watch.ts';
import { EventDrain } from './event-drain.ts';
import type { FromMonitor, MonitorSpec } from './monitor-spec.ts';
import { Receiver } from './socket.ts';

// A thread that sits in a system call can be neither ended nor inspected: it returns to Node's own loop this often.
const TURN_MS = 1000;
// After a batch, what follows on its heels is gathered: the first event is told at once, a storm costs the main thread
// 200 messages a second.
const GATHER_MS = 5;

const spec = workerData as MonitorSpec;
const receiver = new Receiver();
const drain = new EventDrain(spec.routeFd, receiver);
const carrier = new CarrierWatch(spec, receiver);
const all = new PrecisePoll([spec.stopFd, drain.fd]);
const stopOnly = new PrecisePoll([spec.stopFd]);

/** Many waits, since each return to Node's loop costs as much as a look at the carrier of three interfaces. */
function turn(): void {
  const endMs = performance.now() + TURN_MS;
  do {
    if (!step(carrier.waitMs ?? TURN_MS)) return;
  } while (performance.now() < endMs);
  setImmediate(turn);
}

/** False when it is time to stop. */
function step(waitMs: number): boolean {
  const ready = all.wait(waitMs);
  if (ready > 0 && all.isReady(0)) return false;
  const posts = ready > 0 && all.isReady(1) ? drain.drain() : [];
  if (posts.some(tellsOfLinks)) carrier.alert();
  const events = carrier.look();
  if (events.length > 0) posts.push({ kind: 'events', events });
  for (const message of posts) post(message);
  return ready <= 0 || stopOnly.wait(GATHER_MS) === 0;
}

function tellsOfLinks(message: FromMonitor): boolean {
  return (
    message.kind === 'overrun' ||
    (message.kind === 'events' && message.events.some(({ kind }) => kind === 'link'))
  );
}

function post(message: FromMonitor): void {
  parentPort?.postMessage(message);
}

post({ kind: 'ready' });
turn();
