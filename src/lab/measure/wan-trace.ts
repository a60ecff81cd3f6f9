// The router's byte counters, read all the time: when does a WAN carry data?
import { type InterfaceBytes, readInterfaceBytes } from './proc-files.ts';
import { monotonicMs } from '../traffic/sample.ts';

export interface CounterSample {
  readonly atMs: number;
  readonly bytes: number;
}

// A few packets of a slow WAN; reading costs some 0.1 ms.
const INTERVAL_MS = 10;

export class WanTrace {
  readonly samples: CounterSample[] = [];
  readonly #timer: NodeJS.Timeout;

  /** Of one device in the namespace of process `pid`. */
  constructor(pid: number, device: string, counter: keyof InterfaceBytes) {
    this.#timer = setInterval(() => {
      // Gone with its process: whoever measures sees that elsewhere.
      try {
        const bytes = readInterfaceBytes(pid).get(device)?.[counter];
        if (bytes !== undefined) this.samples.push({ atMs: monotonicMs(), bytes });
      } catch {
        this.stop();
      }
    }, INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
