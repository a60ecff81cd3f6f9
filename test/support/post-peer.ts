// HTTP POSTs from one lab host to another, for tests that must know that each came once and whole.
import { fileURLToPath } from 'node:url';
import type { Host } from '../../src/lab/host.ts';

export interface PostOrigin {
  /** Connections accepted so far. */
  accepted(): number;
  /** `POST /PATH SHA256-OF-THE-BODY` of each request so far, in order. */
  requests(): string[];
}

export interface PostResult {
  /** As the origin should have seen it. */
  readonly sent: string;
  /** `answered`, or what happened instead. */
  readonly outcome: string;
}

const PROGRAM = fileURLToPath(new URL('./post-peer.mjs', import.meta.url));

export async function servePosts(host: Host, port: number): Promise<PostOrigin> {
  const started = host.spawn([process.execPath, PROGRAM, 'serve', String(port)], { label: 'post origin' });
  await started.waitFor(/"ready":true/, 15_000);
  const lines = () => started.stdout.map((line) => JSON.parse(line) as { accepted?: true; request?: string });
  return {
    accepted: () => lines().filter(({ accepted }) => accepted).length,
    requests: () => lines().flatMap(({ request }) => request ?? []),
  };
}

export interface Poster {
  /** Posts now: what starting a program takes on a busy machine has passed. */
  go(): Promise<PostResult[]>;
}

/** `count` at once, each with a body of `bytes`. @param url without a slash at its end */
export async function startPoster(host: Host, url: string, count: number, bytes: number): Promise<Poster> {
  const argv = [process.execPath, PROGRAM, 'post', url, String(count), String(bytes)];
  const started = host.spawn(argv, { label: 'poster' });
  await started.waitFor(/"ready":true/, 15_000);
  return {
    async go() {
      started.kill('SIGUSR1');
      const line = await started.waitFor(/"results":/, 60_000);
      return (JSON.parse(line) as { results: PostResult[] }).results;
    },
  };
}
