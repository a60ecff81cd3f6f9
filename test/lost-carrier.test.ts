// A WAN that loses its carrier loses its endpoint at once, before anything else is decided; the last one keeps it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { waitUntil } from '../src/lab/wait-until.ts';

const CUTS = 10;
const CUT = 'endpoint lost its link, deleted';

interface LogEntry {
  readonly time: string;
  readonly msg: string;
  readonly wan?: string;
  readonly device?: string;
}

let lab: Lab;
let router: LabProcess;

beforeAll(async () => {
  lab = await buildLab({ wans: ['20mbit,delay=10ms', '20mbit,delay=10ms'] });
  await lab.startServer();
  router = await lab.startRouter();
});
afterAll(() => lab?.close());

const endpoints = () => lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'show']);
const hasEndpoint = async (name: string) => (await endpoints()).includes(`dev ${name}`);

function log(from = 0): LogEntry[] {
  const lines = router.stderr.slice(from).filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as LogEntry);
}

/** Plugs it out; how long after that its endpoint was deleted, at most. */
async function cut(name: string): Promise<number> {
  const from = router.stderr.length;
  const startMs = Date.now();
  await lab.emulator?.carrier(name, false, 'a');
  await waitUntil(`${name} is down`, () =>
    log(from).some(({ wan, msg }) => wan === name && msg === 'WAN down'),
  );
  expect(await hasEndpoint(name)).toBe(false);
  const entries = log(from);
  const at = entries.findIndex(({ device, msg }) => device === name && msg === CUT);
  expect(at, 'deleted the fast way').toBeGreaterThanOrEqual(0);
  expect(at).toBeLessThan(entries.findIndex(({ msg }) => msg === 'WAN down'));
  return Date.parse(entries[at]?.time ?? '') - startMs;
}

test('its endpoint goes first, and comes back with it', async () => {
  const delaysMs: number[] = [];
  for (let i = 0; i < CUTS; i++) {
    const name = i % 2 === 0 ? 'wan1' : 'wan2';
    delaysMs.push(await cut(name));
    expect(await hasEndpoint(i % 2 === 0 ? 'wan2' : 'wan1')).toBe(true);
    await lab.emulator?.carrier(name, true, 'a');
    await waitUntil(`${name} has its endpoint again`, () => hasEndpoint(name));
  }
  const sorted = delaysMs.toSorted((a, b) => a - b);
  console.log(
    `carrier lost to endpoint deleted, median of ${CUTS}: ${sorted[CUTS >> 1]} ms (${sorted.join(' ')})`,
  );
});

test('the last one that could carry keeps its endpoint', async () => {
  const from = router.stderr.length;
  await cut('wan1');
  await lab.emulator?.carrier('wan2', false, 'a');
  await waitUntil('wan2 is down', () =>
    log(from).some(({ wan, msg }) => wan === 'wan2' && msg === 'WAN down'),
  );
  expect(await hasEndpoint('wan2')).toBe(true);
  for (const name of ['wan1', 'wan2']) await lab.emulator?.carrier(name, true, 'a');
  await waitUntil(
    'both have endpoints',
    async () => (await hasEndpoint('wan1')) && (await hasEndpoint('wan2')),
  );
});
