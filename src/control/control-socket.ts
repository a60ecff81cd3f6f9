// The daemon's control socket: HTTP over a unix socket in the state directory, answers in JSON.
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { WanbondError } from '../base/error.ts';

const REQUEST_TIMEOUT_MS = 5000;

export function controlPath(stateDir: string): string {
  return join(stateDir, 'control.sock');
}

/** Answers `GET /NAME` with what `answers[NAME]` returns. Only the owner (root) may connect. */
export async function serveControl(
  stateDir: string,
  answers: Readonly<Record<string, () => unknown>>,
): Promise<{ close(): Promise<void> }> {
  const path = controlPath(stateDir);
  mkdirSync(stateDir, { recursive: true, mode: 0o755 });
  rmSync(path, { force: true });
  const server = createServer((incoming, response) => {
    const name = (incoming.url ?? '').slice(1);
    const answer = Object.hasOwn(answers, name) ? answers[name] : undefined;
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ? answer() : { error: 'unknown request' }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
  chmodSync(path, 0o600);
  server.unref();
  return { close: () => closeServer(server, path) };
}

async function closeServer(server: Server, path: string): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  rmSync(path, { force: true });
}

/** Asks a running daemon. @throws WanbondError `not-running` */
export function askControl(stateDir: string, name: string): Promise<unknown> {
  const socketPath = controlPath(stateDir);
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      reject(
        new WanbondError({
          code: 'not-running',
          message: `no wanbond daemon answers at ${socketPath}`,
          hint: 'Start it, or name its config with -c so that its state-dir is found.',
          cause,
        }),
      );
    };
    const asking = request({ socketPath, path: `/${name}`, timeout: REQUEST_TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        try {
          resolve(JSON.parse(text));
        } catch (error) {
          fail(error);
        }
      });
    });
    asking.on('timeout', () => asking.destroy(new Error('timed out')));
    asking.on('error', fail);
    asking.end();
  });
}
