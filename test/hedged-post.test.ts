// POSTs while a WAN is late or deaf, so that connections are tried over two of them: the origin sees each request once,
// with its whole body, whichever connection wins and whenever the other one answers.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ORIGIN } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { readCounters } from './support/daemon-status.ts';
import { dropPackets } from './support/drop-packets.ts';
import { type PostOrigin, type PostResult, servePosts, startPoster } from './support/post-peer.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { isWell, wanStatuses } from './support/wan-statuses.ts';

const PORT = 5003;
const POSTS = 8;
const BODY_BYTES = 150_000;
const REPETITIONS = 3;

let lab: Lab;
let origin: PostOrigin;

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit', '50mbit'], cuttable: true });
  origin = await servePosts(lab.hosts.origin, PORT);
  await lab.startServer();
  await lab.startRouter({
    overrides: {
      // Fixed, so that it does not grow with the round trips that these tests make.
      relay: { 'hedge-delay': '100ms', 'warm-upstreams': 0 },
      // Flows begin over wan1 as long as it is there, however late it answered a moment ago.
      wan: [
        { name: 'wan1', interface: 'wan1' },
        { name: 'wan2', interface: 'wan2', tier: 'overflow' },
      ],
    },
  });
});
afterAll(() => lab?.close());

const SLOW_TARGET_MS = 2000;

const settle = () => waitUntil('both WANs are well', async () => (await wanStatuses(lab)).every(isWell));

/** Makes wan1 worse in some way; resolves with what puts it right again. */
type Spoil = () => Promise<() => Promise<unknown>>;

const link = (set: object, direction?: 'aToB' | 'bToA'): Spoil => {
  return async () => {
    await lab.emulator?.set('wan1', set, direction);
    return async () => lab.emulator?.set('wan1', { delayMs: 0, lossRatio: 0 });
  };
};
const both = (a: Spoil, b: Spoil): Spoil => {
  return async () => {
    const undos = [await a(), await b()];
    return () => Promise.all(undos.map((undo) => undo()));
  };
};
/** The server's dial is answered when its SYN comes again, after a second: so long it does not answer the hello. */
const slowTarget: Spoil = async () => {
  const restore = await dropPackets(
    lab.hosts.origin,
    'input',
    `tcp dport ${PORT} tcp flags & (syn|ack) == syn`,
  );
  const restored = sleep(SLOW_TARGET_MS).then(restore);
  return () => restored;
};

async function postDuring(spoil: Spoil): Promise<PostResult[]> {
  const poster = await startPoster(lab.hosts.lan, `http://${ORIGIN.address4}:${PORT}`, POSTS, BODY_BYTES);
  const undo = await spoil();
  try {
    return await poster.go();
  } finally {
    await undo();
  }
}

const SPOILS: Record<string, Spoil> = {
  'answers 400 ms late, after the other has won': link({ delayMs: 200 }),
  'gets no SYN through': link({ lossRatio: 1 }, 'aToB'),
  'gets no SYN-ACK back': link({ lossRatio: 1 }, 'bToA'),
  'answers late, and so does the target': both(link({ delayMs: 200 }), slowTarget),
};

test.each(Object.entries(SPOILS))('wan1 %s', async (_, spoil) => {
  let hedges = 0;
  for (let i = 0; i < REPETITIONS; i++) {
    await settle();
    const [seen, accepted] = [origin.requests().length, origin.accepted()];
    const before = await readCounters(lab, 'router');
    const results = await postDuring(spoil);
    expect(results.map(({ outcome }) => outcome)).toEqual(Array.from({ length: POSTS }, () => 'answered'));
    hedges += (await readCounters(lab, 'router')).hedges - before.hedges;
    // What lost the race has been answered by now too.
    await waitUntil('nothing is open', async () => (await readCounters(lab, 'server')).flowsOpen === 0);
    const sent = results.map((one) => one.sent);
    expect(origin.requests().slice(seen).toSorted()).toEqual(sent.toSorted());
    expect(origin.accepted() - accepted).toBe(POSTS);
  }
  console.log(`${hedges} hedges in ${REPETITIONS * POSTS} POSTs`);
  expect(hedges, 'a connection was tried over both WANs').toBeGreaterThan(0);
});
