// Entry of the thread that watches the WANs: hears the kernel's events of links and probes the paths, in one loop.
//
// One thread for both, as each of Node's takes up 9 MB before it has done anything.
import { workerData } from 'node:worker_threads';
import { heartOf } from '../../base/heartbeat.ts';
import { Loop } from '../../relay/loop/loop.ts';
import { MainPort } from '../../relay/loop/main-port.ts';
import { LinkEvents } from './link-events.ts';
import { Prober } from '../probe/prober.ts';
import type { FromWatch, ToWatch, WatchSpec } from './watch-spec.ts';

// A thread that sits in a system call can be neither ended nor inspected: it returns to Node's own loop this often.
const TURN_MS = 1000;

class WatchThread {
  private readonly prober: Prober;
  private readonly links: LinkEvents;
  private readonly port: MainPort<ToWatch, FromWatch>;
  private readonly loop: Loop;
  private isStopped = false;

  constructor({ heartbeat, wakeFd, receiveBufferBytes }: WatchSpec) {
    const beat = heartOf(heartbeat);
    this.loop = new Loop(() => {
      beat();
      this.prober.onProgress();
    });
    this.port = new MainPort(this.loop, wakeFd, (message) => this.onMessage(message));
    this.prober = new Prober(this.loop, (message) => this.port.post(message));
    this.links = new LinkEvents(this.loop, (batch) => this.port.post(batch), receiveBufferBytes);
    this.port.post({ kind: 'ready' });
  }

  /** Runs for about a second, then lets Node's own loop have a turn. */
  turn(): void {
    const endMs = performance.now() + TURN_MS;
    for (let leftMs = TURN_MS; leftMs > 0 && !this.isStopped; leftMs = endMs - performance.now()) {
      this.loop.round(Math.min(this.prober.plan(), leftMs));
      if (!this.isStopped) this.prober.afterRound();
    }
    if (!this.isStopped) setImmediate(() => this.turn());
  }

  private onMessage(message: ToWatch): void {
    if (this.isStopped) return;
    if (message.kind === 'carrier-of') this.links.setCarrierOf(message.names);
    else if (message.kind === 'paths') this.prober.setPaths(message.paths);
    else if (message.kind === 'doubt') this.prober.doubt();
    else if (message.kind === 'plain') this.prober.onPlain(message.wan);
    else this.stop();
  }

  private stop(): void {
    this.isStopped = true;
    this.prober.close();
    this.links.close();
    this.port.close();
    this.loop.close();
  }
}

new WatchThread(workerData as WatchSpec).turn();
