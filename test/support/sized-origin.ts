// An origin that answers as much as it is asked for: every byte of request and answer is known beforehand.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Host } from '../../src/lab/host.ts';

export interface SizedRequest {
  /** Without spaces; a test asks by it what has come. */
  readonly name: string;
  readonly answerBytes: number;
  readonly bodyBytes?: number;
}

export interface SizedOrigin {
  readonly port: number;
  /** `NAME SHA256` of each request that came whole, in order. */
  requests(): string[];
}

const PROGRAM = fileURLToPath(new URL('./sized-origin.mjs', import.meta.url));

const noise = (seed: string, bytes: number): Buffer =>
  createHash('shake256', { outputLength: bytes }).update(seed).digest();

/** `NAME ANSWER-BYTES BODY-BYTES\n` and the body. */
export function requestBytes({ name, answerBytes, bodyBytes = 0 }: SizedRequest): Buffer {
  return Buffer.concat([Buffer.from(`${name} ${answerBytes} ${bodyBytes}\n`), bodyOf(name, bodyBytes)]);
}

const bodyOf = (name: string, bytes: number): Buffer => noise(`body of ${name}`, bytes);

/** As `requests` tells it when every byte has come. */
export function requestTold({ name, bodyBytes = 0 }: SizedRequest): string {
  return `${name} ${createHash('sha256').update(bodyOf(name, bodyBytes)).digest('hex')}`;
}

export function answerTo({ name, answerBytes }: SizedRequest): Buffer {
  return noise(name, answerBytes);
}

/** Answers and closes; listens on every address of the host. */
export async function startSizedOrigin(host: Host, port: number): Promise<SizedOrigin> {
  const started = host.spawn([process.execPath, PROGRAM, String(port)], {
    label: `sized origin on port ${port}`,
  });
  await started.waitFor(/"ready":true/, 15_000);
  const requests = (): string[] =>
    started.stdout
      .map((line) => JSON.parse(line) as { name?: string; body?: string })
      .flatMap(({ name, body }) => (name === undefined ? [] : [`${name} ${body}`]));
  return { port, requests };
}
