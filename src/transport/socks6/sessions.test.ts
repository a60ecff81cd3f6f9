// The table of sessions: who owns one, how many there are, and that a token is good once over all workers.
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { rolldown } from 'rolldown';
import { describe, expect, test } from 'vitest';
import { NOW } from './bytes.fixture.ts';
import { attachSessionTable, createSessionTable, SESSIONS_PER_OWNER, type SessionTable } from './sessions.ts';

const ANNA = Buffer.from('anna1234');
const BOB = Buffer.from('bob12345');
const IDLE = { wanted: 0, token: undefined };

function open(table: SessionTable, owner = ANNA, wanted = 64, nowMs = NOW) {
  const session = table.open(owner, wanted, nowMs);
  if (!session) throw new Error('no session');
  return session;
}

describe('a session', () => {
  test('is known by its id alone, to every worker', () => {
    const table = createSessionTable(8);
    const { id, window } = open(table);
    expect(id).toHaveLength(16);
    expect(window?.size).toBe(64);
    const other = attachSessionTable(table.buffer);
    expect(other.use(id, IDLE, NOW)).toEqual({
      owner: Uint8Array.from(ANNA),
      window,
      isTokenGood: undefined,
    });
    for (const at of [3, 4, 15]) {
      const wrong = Buffer.from(id);
      wrong[at] = (wrong[at] as number) ^ 1;
      expect(other.use(wrong, IDLE, NOW)).toBeUndefined();
    }
    for (const wrong of [id.subarray(4), Buffer.concat([id, id]), Buffer.alloc(16), Buffer.alloc(16, 0xff)]) {
      expect(other.use(wrong, IDLE, NOW)).toBeUndefined();
    }
  });

  test('ends when it is closed', () => {
    const table = createSessionTable(8);
    const { id } = open(table);
    table.close(Buffer.alloc(16));
    expect(table.use(id, IDLE, NOW)).toBeDefined();
    table.close(id);
    expect(table.use(id, IDLE, NOW)).toBeUndefined();
  });

  test('may get its window later, with a base of its own', () => {
    const table = createSessionTable(8);
    const { id, window } = open(table, ANNA, 0);
    expect(window).toBeUndefined();
    expect(table.use(id, { wanted: 0, token: 0 }, NOW)).toMatchObject({
      isTokenGood: false,
      window: undefined,
    });
    expect(table.use(id, { wanted: 32, token: undefined }, NOW)?.window?.size).toBe(32);
    const bases = new Set(Array.from({ length: 8 }, () => open(table).window?.base));
    expect(bases.size).toBeGreaterThan(1);
  });

  test('is forgotten by a restart', () => {
    const { id } = open(createSessionTable(8));
    expect(createSessionTable(8).use(id, IDLE, NOW)).toBeUndefined();
  });

  test('is unknown while its lock is stuck', () => {
    const table = createSessionTable(1);
    const { id } = open(table);
    new Int32Array(table.buffer)[0] = 1;
    expect(table.use(id, IDLE, NOW)).toBeUndefined();
    expect(table.open(ANNA, 64, NOW)).toBeUndefined();
  });
});

describe('a full table', () => {
  test('gives up the session that was longest unused', () => {
    const table = createSessionTable(3);
    const ids = [0, 1, 2].map((i) => open(table, ANNA, 64, NOW + i * 1000).id);
    const [first, second, third] = ids as [Buffer, Buffer, Buffer];
    table.use(first, IDLE, NOW + 5000);
    open(table, BOB, 64, NOW + 6000);
    expect(table.use(first, IDLE, NOW)).toBeDefined();
    expect(table.use(second, IDLE, NOW)).toBeUndefined();
    expect(table.use(third, IDLE, NOW)).toBeDefined();
  });

  test('one owner only ever gives up sessions of his own', () => {
    const table = createSessionTable(SESSIONS_PER_OWNER * 2);
    const bobs = open(table, BOB, 64, NOW).id;
    const ids = Array.from(
      { length: 2 * SESSIONS_PER_OWNER },
      (_, i) => open(table, ANNA, 64, NOW + 1000 + i * 1000).id,
    );
    expect(table.use(bobs, IDLE, NOW)).toBeDefined();
    expect(ids.filter((id) => table.use(id, IDLE, NOW))).toHaveLength(SESSIONS_PER_OWNER);
  });

  test('needs a size', () => {
    expect(() => createSessionTable(0)).toThrow(/cannot hold 0 sessions/);
  });
});

test('each token is good once when two workers race for all of them', async () => {
  const table = createSessionTable(4);
  const { id, window } = open(table, ANNA, 2048);
  const code = `${await bundled()}
    const { parentPort, workerData } = require('node:worker_threads');
    const table = exports.attachSessionTable(workerData.buffer);
    const gate = new Int32Array(workerData.gate);
    Atomics.add(gate, 0, 1);
    while (Atomics.load(gate, 0) < 2);
    const good = [];
    for (let i = 0; i < 20000; i++) {
      const token = (workerData.base + i) >>> 0;
      let session;
      // Unknown while a holder of the lock is off the processor for long: then the token was not looked at.
      while (!(session = table.use(workerData.id, { wanted: 0, token }, ${NOW})));
      if (session.isTokenGood) good.push(token);
    }
    parentPort.postMessage(good);`;
  const gate = new SharedArrayBuffer(4);
  const workerData = { buffer: table.buffer, gate, id, base: window?.base };
  const race = () =>
    new Promise<number[]>((resolve, reject) => {
      const worker = new Worker(code, { eval: true, workerData });
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  const [a, b] = await Promise.all([race(), race()]);
  expect(a.length + b.length).toBeGreaterThan(0);
  expect(new Set([...a, ...b]).size).toBe(a.length + b.length);
});

/** sessions.ts as a script for a plain worker: Node 20 does not strip types itself. */
async function bundled(): Promise<string> {
  const input = fileURLToPath(new URL('sessions.ts', import.meta.url));
  await using bundle = await rolldown({ input, platform: 'node' });
  const { output } = await bundle.generate({ format: 'cjs' });
  return output[0].code;
}
