import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attachReplayWindow, createReplayWindow } from './replay.ts';

const NOW = 1_700_000_000_000;

function nonce(n: number): Uint8Array {
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  view.setUint32(0, Math.imul(n, 0x9e3779b1) >>> 0);
  view.setUint32(12, n);
  return out;
}

describe('the replay window', () => {
  it('takes a nonce once, per key', () => {
    const window = createReplayWindow(NOW, 64);
    expect(window.admit(1, nonce(1), NOW)).toBe('fresh');
    expect(window.admit(1, nonce(1), NOW + 59_000)).toBe('replayed');
    expect(window.admit(2, nonce(1), NOW)).toBe('fresh');
    expect(window.admit(0xffff_ffff, nonce(1), NOW)).toBe('fresh');
    expect(window.admit(0xffff_ffff, nonce(1), NOW)).toBe('replayed');
  });

  it('finds a nonce behind those that are past, and behind the place of one of them that was taken again', () => {
    const window = createReplayWindow(NOW, 64);
    for (let n = 1; n <= 3; n++) window.admit(1, nonce(n), NOW);
    window.admit(1, nonce(4), NOW + 50_000);
    expect(window.admit(1, nonce(4), NOW + 100_000)).toBe('replayed');
    expect(window.admit(1, nonce(5), NOW + 100_000)).toBe('fresh');
    expect(window.admit(1, nonce(4), NOW + 100_000)).toBe('replayed');
    expect(window.admit(1, nonce(5), NOW + 100_000)).toBe('replayed');
  });

  it('compares all 16 bytes', () => {
    const window = createReplayWindow(NOW, 64);
    window.admit(1, new Uint8Array(16), NOW);
    for (let i = 0; i < 16; i++) {
      const other = new Uint8Array(16);
      other[i] = 1;
      expect(window.admit(1, other, NOW)).toBe('fresh');
    }
  });

  it('is one set for all that attach to it', () => {
    const window = createReplayWindow(NOW, 1000);
    const other = attachReplayWindow(window.buffer);
    expect(other.startedAtMs).toBe(NOW);
    expect(window.admit(1, nonce(5), NOW)).toBe('fresh');
    expect(other.admit(1, nonce(5), NOW)).toBe('replayed');
  });

  it('keeps a nonce for a minute, then reuses its place', () => {
    const window = createReplayWindow(NOW, 64);
    for (let i = 0; i < 64; i++) expect(window.admit(1, nonce(i), NOW)).toBe('fresh');
    expect(window.admit(1, nonce(64), NOW + 60_000)).toBe('full');
    expect(window.admit(1, nonce(64), NOW + 61_000)).toBe('fresh');
  });

  it('refuses when full instead of forgetting', () => {
    const window = createReplayWindow(NOW, 64);
    for (let i = 0; i < 64; i++) window.admit(1, nonce(i), NOW);
    expect(window.admit(1, nonce(99), NOW)).toBe('full');
    for (let i = 0; i < 64; i++) expect(window.admit(1, nonce(i), NOW)).toBe('replayed');
  });

  it('refuses while a lock is stuck', () => {
    const window = createReplayWindow(NOW, 64);
    new Int32Array(window.buffer, 16)[0] = 1;
    expect(window.admit(1, nonce(1), NOW)).toBe('full');
  });

  it('holds half its capacity of random nonces', () => {
    const capacity = 2 ** 14;
    const window = createReplayWindow(NOW, capacity);
    for (let i = 0; i < capacity / 2; i++) {
      expect(window.admit(1, crypto.getRandomValues(new Uint8Array(16)), NOW)).toBe('fresh');
    }
  });

  it('admits each nonce once when two threads race', async () => {
    const window = createReplayWindow(NOW, 2 ** 14);
    const count = 4000;
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.module).then(({ attachReplayWindow }) => {
        const window = attachReplayWindow(workerData.buffer);
        const gate = new Int32Array(workerData.gate);
        Atomics.add(gate, 0, 1);
        while (Atomics.load(gate, 0) < 2);
        let fresh = 0;
        const bytes = new Uint8Array(16);
        const view = new DataView(bytes.buffer);
        for (let n = 0; n < ${count}; n++) {
          view.setUint32(0, Math.imul(n, 0x9e3779b1) >>> 0);
          if (window.admit(1, bytes, ${NOW}) === 'fresh') fresh++;
        }
        parentPort.postMessage(fresh);
      });`;
    const gate = new SharedArrayBuffer(4);
    const module = compiled();
    const race = () =>
      new Promise<number>((resolve, reject) => {
        const worker = new Worker(code, { eval: true, workerData: { buffer: window.buffer, gate, module } });
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    const [a, b] = await Promise.all([race(), race()]);
    expect(a + b).toBe(count);
  });
});

/** replay.ts as a module that a plain worker can import: Node 20 does not strip types itself. */
function compiled(): string {
  const outDir = mkdtempSync(join(tmpdir(), 'wanbond-replay-'));
  onTestFinished(() => rmSync(outDir, { recursive: true }));
  const source = fileURLToPath(new URL('replay.ts', import.meta.url));
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const options =
    '--ignoreConfig --module nodenext --target es2023 --types node --rewriteRelativeImportExtensions';
  execFileSync('node_modules/.bin/tsc', [
    ...options.split(' '),
    '--rootDir',
    root,
    '--outDir',
    outDir,
    source,
  ]);
  writeFileSync(join(outDir, 'package.json'), '{"type":"module"}');
  return pathToFileURL(join(outDir, 'transport/convert/replay.js')).href;
}
