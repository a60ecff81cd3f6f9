// The worker's end of what the main thread tells it: an eventfd in the loop says that messages wait on the port.
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { close } from '../../linux/libc.ts';
import { drainWake } from '../../linux/wake.ts';
import type { Loop } from './loop.ts';

export class MainPort<ToWorker, FromWorker> {
  private readonly loop: Loop;
  private readonly wakeFd: number;

  /** @param wakeFd the worker's from now on */
  constructor(loop: Loop, wakeFd: number, onMessage: (message: ToWorker) => void) {
    this.loop = loop;
    this.wakeFd = wakeFd;
    loop.watch(wakeFd, {
      onEvents: () => {
        drainWake(wakeFd);
        // Without a turn of Node's own loop, which comes once a second only.
        for (let next = received(); next; next = received()) onMessage(next.message as ToWorker);
      },
    });
  }

  post(message: FromWorker): void {
    parentPort?.postMessage(message);
  }

  close(): void {
    this.loop.forget(this.wakeFd);
    close(this.wakeFd);
  }
}

const received = (): { message: unknown } | undefined =>
  parentPort ? receiveMessageOnPort(parentPort) : undefined;
