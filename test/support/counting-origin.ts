// An origin that tells what reaches it, for tests that must know that nothing, or one request only, did.
import { fileURLToPath } from 'node:url';
import type { Host } from '../../src/lab/host.ts';

export interface CountingOrigin {
  readonly port: number;
  /** Connections accepted so far. */
  accepted(): number;
  /** Where the accepted connections came from, in order. */
  sources(): string[];
  /** First bytes of each connection that sent any, in order. */
  requests(): string[];
}

const PROGRAM = fileURLToPath(new URL('./counting-origin.mjs', import.meta.url));

/** Answers `answer to REQUEST` and closes; listens on every address of the host. */
export async function startCountingOrigin(host: Host, port: number): Promise<CountingOrigin> {
  const started = host.spawn([process.execPath, PROGRAM, String(port)], { label: `origin on port ${port}` });
  await started.waitFor(/"ready":true/, 15_000);
  const values = (key: string): string[] =>
    started.stdout
      .map((line) => (JSON.parse(line) as Record<string, string>)[key])
      .filter((value) => value !== undefined);
  const sources = () => values('accepted');
  return { port, accepted: () => sources().length, sources, requests: () => values('request') };
}
