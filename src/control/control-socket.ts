// The daemon's control socket: HTTP over a unix socket in the state directory, in JSON both ways.
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { describe, WanbondError } from '../base/error.ts';
import type { ControlRequest } from '../daemon/control-request.ts';

// A reload starts a thread, which takes seconds on a machine that is short of CPU.
const REQUEST_TIMEOUT_MS = 15_000;
// Ours: what can be asked for fits into a line.
const MAX_BODY_BYTES = 64 * 1024;

export function controlPath(stateDir: string): string {
  return join(stateDir, 'control.sock');
}

/** What can be asked, by name. */
export interface ControlAnswers {
  /** `GET /NAME`. */
  readonly facts: Readonly<Record<string, () => unknown>>;
  /** `POST /NAME`, with a JSON body. */
  readonly requests: Readonly<Record<string, ControlRequest>>;
}

/** Answers with status 200, or another one and `{code, message, hint}`. Only the owner (root) may connect. */
export async function serveControl(
  stateDir: string,
  answers: ControlAnswers,
): Promise<{ close(): Promise<void> }> {
  const path = controlPath(stateDir);
  mkdirSync(stateDir, { recursive: true, mode: 0o755 });
  rmSync(path, { force: true });
  const server = createServer((incoming, response) => {
    const send = (status: number, answer: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? null));
    };
    answerTo(incoming, answers).then(
      (answer) => send(200, answer),
      (error: unknown) => send(error instanceof WanbondError ? 400 : 500, problemOf(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
  chmodSync(path, 0o600);
  server.unref();
  return { close: () => closeServer(server, path) };
}

async function answerTo(incoming: IncomingMessage, { facts, requests }: ControlAnswers): Promise<unknown> {
  const name = (incoming.url ?? '').slice(1);
  if (incoming.method === 'POST' && Object.hasOwn(requests, name)) {
    const body = await readBody(incoming);
    return requests[name]?.answer(body);
  }
  if (incoming.method === 'GET' && Object.hasOwn(facts, name)) return facts[name]?.();
  throw new WanbondError({
    code: 'unknown-request',
    message: `the daemon knows no ${incoming.method} ${name}`,
    hint: 'Use the `wanbond` of the version that the daemon runs with, and the config of the same role.',
  });
}

async function readBody(incoming: IncomingMessage): Promise<unknown> {
  let length = 0;
  incoming.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) incoming.destroy(new Error('the request is too long'));
  });
  try {
    return JSON.parse(await readText(incoming)) as unknown;
  } catch (cause) {
    throw new WanbondError({
      code: 'bad-request',
      message: `the request cannot be read: ${describe(cause)}`,
      hint: 'Send one JSON document.',
      cause,
    });
  }
}

function problemOf(error: unknown): Pick<WanbondError, 'code' | 'message' | 'hint'> {
  if (error instanceof WanbondError) {
    const { code, message, hint } = error;
    return { code, message, hint };
  }
  return {
    code: 'internal',
    message: describe(error),
    hint: 'This is a bug: please report it with the log.',
  };
}

async function closeServer(server: Server, path: string): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  rmSync(path, { force: true });
}

/** Asks a running daemon for facts. @throws WanbondError `not-running`, or what the daemon answers. */
export const askControl = (stateDir: string, name: string): Promise<unknown> => exchange(stateDir, name);

/** Asks a running daemon to do something. @throws WanbondError `not-running`, or what the daemon answers. */
export const tellControl = (stateDir: string, name: string, body: unknown): Promise<unknown> =>
  exchange(stateDir, name, JSON.stringify(body));

function exchange(stateDir: string, name: string, body?: string): Promise<unknown> {
  const socketPath = controlPath(stateDir);
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(unanswered(socketPath, cause));
    const options = { socketPath, path: `/${name}`, method, timeout: REQUEST_TIMEOUT_MS };
    const asking = request(options, (response) => {
      readText(response)
        .then((text) => {
          const answer = JSON.parse(text) as unknown;
          if (response.statusCode === 200) resolve(answer);
          else reject(new WanbondError(answer as Pick<WanbondError, 'code' | 'message' | 'hint'>));
        })
        .catch(fail);
    });
    asking.on('timeout', () => asking.destroy(new Error('timed out')));
    asking.on('error', fail);
    asking.end(body);
  });
}

export function unanswered(socketPath: string, cause: unknown): WanbondError {
  if ((cause as NodeJS.ErrnoException).code === 'EACCES') {
    const message = `this user may not ask the daemon at ${socketPath}`;
    return new WanbondError({ code: 'not-allowed', message, hint: 'Run it with sudo.', cause });
  }
  return new WanbondError({
    code: 'not-running',
    message: `no wanbond daemon answers at ${socketPath}`,
    hint: 'Start it. If it runs, then with a config whose state-dir is another: give that one with -c.',
    cause,
  });
}
