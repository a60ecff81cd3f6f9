// One daemon per role and network namespace: an abstract unix socket, which the kernel drops with the process.
import { createServer, type Server } from 'node:net';
import { WanbondError } from '../base/error.ts';

export interface InstanceLock {
  release(): Promise<void>;
}

/** @throws WanbondError `already-running` */
export async function acquireLock(name: string): Promise<InstanceLock> {
  // Abstract sockets are open to every local user: whoever connects is sent away, so that nobody keeps us from ending.
  const server = createServer((stranger) => stranger.destroy());
  try {
    await listen(server, `\0wanbond-${name}`);
  } catch (cause) {
    throw new WanbondError({
      code: 'already-running',
      message: `another wanbond ${name} runs in this network namespace`,
      hint: 'Stop it first (systemctl stop, or SIGTERM to its process).',
      cause,
    });
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}
