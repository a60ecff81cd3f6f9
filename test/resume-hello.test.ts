// Hellos that go on with a flow of an earlier one, as an attacker or a confused router would send them: who has the key
// and says it first gets the flow, once; nobody else disturbs it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ORIGIN, SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { CONVERT_PORT } from '../src/lab/program-config.ts';
import type { ResumePoint } from '../src/transport/handshake.ts';
import { type CraftedHello, craftHello, craftResumed } from './support/craft-hello.ts';
import { failuresDuring } from './support/failure-growth.ts';
import { awaitNoCookie } from './support/send-hello.ts';
import {
  answerTo,
  requestBytes,
  requestTold,
  type SizedOrigin,
  type SizedRequest,
  startSizedOrigin,
} from './support/sized-origin.ts';
import { type Probe, probeAll, type ProbeResult } from './support/tcp-probe.ts';

const PORT = 5402;
const TARGET = { address: ORIGIN.address4, port: PORT };
const OTHER_KEY = Buffer.alloc(32, 7).toString('base64');
const POINT: ResumePoint = { attempt: 1, isAnswered: true, from: 0, received: 0 };
// Between two of them, so that they come in this order.
const STEP_MS = 400;

let lab: Lab;
let origin: SizedOrigin;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped'] });
  origin = await startSizedOrigin(lab.hosts.origin, PORT);
  // The connections come to any of them.
  await lab.startServer({ overrides: { relay: { workers: 3 } } });
  await awaitNoCookie(lab);
});
afterAll(() => lab?.close());

/** One after another, each on a connection of its own that stays open. */
function sayInTurn(hellos: readonly CraftedHello[]): Promise<ProbeResult[]> {
  return probeAll(
    lab.hosts.router,
    hellos.map(
      ({ bytes }, i): Probe => ({
        address: SERVER.address4,
        port: CONVERT_PORT,
        send: bytes,
        startAfterMs: i * STEP_MS,
        waitMs: 6000,
      }),
    ),
  );
}

/** What the router makes of the reply, and what came behind it. */
function judge({ handshake }: CraftedHello, { received }: ProbeResult): string | Buffer {
  const step = handshake.receive(received);
  if (step.kind === 'established') return received.subarray(step.consumed);
  return step.kind === 'refused' ? step.reason : step.kind;
}

const request = (name: string): SizedRequest => ({ name, answerBytes: 5000, bodyBytes: 300 });

test('the flow goes on where it stood, for who has the key, once', async () => {
  const asked = request('taken-over');
  const whole = requestBytes(asked);
  // The first half has arrived when the second connection says all of it again.
  const first = craftHello(lab, TARGET, { early: whole.subarray(0, 200) });
  const foreign = craftResumed(lab, TARGET, first, POINT, { key: OTHER_KEY, early: whole });
  const unknown = craftResumed(lab, TARGET, craftHello(lab, TARGET), POINT, { early: whole });
  const next = craftResumed(lab, TARGET, first, { ...POINT, attempt: 3 }, { early: whole });
  const late = craftResumed(lab, TARGET, first, { ...POINT, attempt: 2 }, { early: whole });
  const hellos = [first, foreign, unknown, next, next, late];
  let results: ProbeResult[] = [];
  const failures = await failuresDuring(lab, 'server', async () => {
    results = await sayInTurn(hellos);
  });
  const judged = hellos.map((hello, i) => judge(hello, results[i] as ProbeResult));
  expect(judged).toEqual([
    Buffer.alloc(0),
    'not-authorized',
    'not-authorized',
    answerTo(asked),
    'not-authorized',
    'not-authorized',
  ]);
  expect(results.map(({ outcome }) => outcome)).toEqual(['ECONNRESET', 'end', 'end', 'end', 'end', 'end']);
  expect(failures).toEqual({ 'not-authorized': 1, replayed: 3 });
  expect(origin.requests()).toContain(requestTold(asked));
});

test('a first hello that comes after the one that goes on with it is a replay', async () => {
  const asked = request('overtaken');
  const first = craftHello(lab, TARGET, { early: requestBytes(asked) });
  const next = craftResumed(
    lab,
    TARGET,
    first,
    { ...POINT, isAnswered: false },
    { early: requestBytes(asked) },
  );
  const results = await sayInTurn([next, first]);
  expect(judge(next, results[0] as ProbeResult)).toEqual(answerTo(asked));
  expect(judge(first, results[1] as ProbeResult)).toBe('not-authorized');
  expect(origin.requests().filter((one) => one === requestTold(asked))).toHaveLength(1);
});
