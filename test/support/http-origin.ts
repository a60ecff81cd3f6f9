// Debian's curl on the LAN of a lab, and the web server that it asks: 100 MB there and back, every byte compared.
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Host } from '../../src/lab/host.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { runDirectory } from '../../src/lab/reap.ts';
import { streamSha256 } from '../../src/lab/traffic/byte-stream.ts';
import { builtPeer } from './built-peer.ts';

export const HTTP_PORT = 8080;
const SEED = 11;
// A whole transfer takes a second or two; other labs may be at work.
const LIMIT_S = 60;

/** On every address of the host, until the lab ends. */
export async function startHttpOrigin(host: Host): Promise<void> {
  const argv = [process.execPath, builtPeer('http-origin'), String(HTTP_PORT)];
  await host.spawn(argv, { label: 'web server' }).waitFor(/listening/, 20_000);
}

const ALL_BYTES = 100_000_000;

/** curl gets `bytes` from `name` and puts them there again, all of them unchanged. @param proxy arguments of curl */
export async function expectCarried(
  lab: Lab,
  proxy: readonly string[],
  name: string,
  bytes = ALL_BYTES,
): Promise<void> {
  const { lan } = lab.hosts;
  const file = join(runDirectory(lab.run), 'curl.bin');
  const curl = ['curl', '-sSf', '--max-time', String(LIMIT_S), ...proxy];
  const url = `http://${name}:${HTTP_PORT}/${SEED}/${bytes}`;
  await lan.must([...curl, '-o', file, url]);
  const [down] = (await lan.must(['sha256sum', file])).split(' ');
  const up = await lan.must([...curl, '-T', file, url]);
  const expected = streamSha256(SEED, bytes);
  expect({ down, up }).toEqual({ down: expected, up: expected });
}

/** How curl ends that gets nothing from `url`: `CODE its words`. */
export async function curlFailure(lab: Lab, proxy: readonly string[], url: string): Promise<string> {
  const curl = ['curl', '-sS', '--max-time', String(LIMIT_S), ...proxy, url];
  const { code, stdout, stderr } = await lab.hosts.lan.exec(curl);
  expect(stdout).toBe('');
  return `${code} ${stderr.trim().replace(/^curl: \(\d+\) /, '')}`;
}
