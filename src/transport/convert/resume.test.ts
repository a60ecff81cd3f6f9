// Hellos that go on with a flow of an earlier hello: who may, what the server makes of them, and what never comes twice.
import { describe, expect, it } from 'vitest';
import {
  answerOf,
  expectDial,
  HOST,
  KEY_ID,
  NOTHING,
  OTHER_PSK,
  Pair,
  SERVER_ID,
  TARGET,
} from '../../../test/convert-pair.ts';
import type { ClientHandshake, ResumePoint, ServerStep } from '../handshake.ts';
import { createConvertClient } from './client.ts';
import { attachReplayWindow } from './replay.ts';
import { readResume, resumeTlv } from './resume.ts';
import { createConvertServer } from './server.ts';

const FIRST: ResumePoint = { attempt: 1, isAnswered: false, from: 0, received: 0 };
const POINT: ResumePoint = { attempt: 2, isAnswered: true, from: 70_000, received: 0xffff_ffff };

function resumed(flow: ClientHandshake, point: ResumePoint): ClientHandshake {
  const handshake = flow.resume?.(point);
  if (!handshake) throw new Error('cannot be resumed');
  return handshake;
}

function detailOf(step: ServerStep): string {
  return 'detail' in step ? step.detail : step.kind;
}

describe('the Resume TLV', () => {
  const nonce = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);
  const tlv = (bytes: Buffer) => ({ type: 0xc2, start: 0, end: bytes.length });

  it('is these bytes', () => {
    const bytes = resumeTlv(nonce, POINT);
    expect(bytes.toString('hex')).toBe('c2070201a0a1a2a3a4a5a6a7a8a9aaabacadaeaf00011170ffffffff');
    expect(readResume(bytes, tlv(bytes))).toEqual({ nonce: Buffer.from(nonce), point: POINT });
  });

  it.each([
    ['another size', (bytes: Buffer) => bytes.subarray(0, 24)],
    ['attempt 0', (bytes: Buffer) => Buffer.from(bytes).fill(0, 2, 3)],
    ['unknown flags', (bytes: Buffer) => Buffer.from(bytes).fill(3, 3, 4)],
  ])('is not read with %s', (_name, spoil) => {
    const bytes = spoil(resumeTlv(nonce, POINT));
    expect(readResume(bytes, tlv(bytes))).toBeUndefined();
  });
});

describe('a hello that resumes', () => {
  it('opens the flow when the first one never came, which is refused from then on', () => {
    const pair = new Pair();
    const flow = pair.client.start(TARGET);
    const first = flow.hello(NOTHING);
    const next = resumed(flow, FIRST);
    const hello = next.hello(Buffer.from('early'));
    const step = expectDial(pair.serve(hello));
    expect(step).toMatchObject({ target: TARGET, resumable: { attempt: 1 }, consumed: hello.length - 5 });
    expect(next.receive(answerOf(step))).toMatchObject({ kind: 'established' });
    expect(detailOf(pair.serve(first))).toMatch(/^replayed hello/);
  });

  it('names the flow of the first one, its worker and where it stands', () => {
    const pair = new Pair();
    const workers = [4, 5].map((worker) => pair.attach(attachReplayWindow(pair.replay.buffer, worker)));
    const flow = pair.client.start(TARGET);
    const dial = expectDial(workers[0]?.start().receive(flow.hello(NOTHING)) as ServerStep);
    const hello = resumed(flow, POINT).hello(Buffer.from('early'));
    const step = workers[1]?.start().receive(hello);
    expect(step).toMatchObject({ kind: 'resume', worker: 4, flowId: dial.resumable?.flowId, point: POINT });
    expect(step).toMatchObject({ request: { keyId: KEY_ID, target: TARGET }, consumed: hello.length - 5 });
    expect(structuredClone(step)).toEqual(step);
  });

  it('is answered by the worker that has the flow', () => {
    const pair = new Pair();
    const flow = pair.client.start(TARGET);
    pair.serve(flow.hello(NOTHING));
    const next = resumed(flow, FIRST);
    const step = pair.serve(next.hello(NOTHING));
    if (step.kind !== 'resume') throw new Error(step.kind);
    const answers = pair.server.answersTo(structuredClone(step.request));
    expect(next.receive(answers?.accept(undefined) ?? NOTHING)).toMatchObject({ kind: 'established' });
    expect(next.receive(answers?.refuse('replayed') ?? NOTHING)).toMatchObject({ reason: 'not-authorized' });
    pair.server.setKeys([]);
    expect(pair.server.answersTo(step.request)).toBeUndefined();
  });

  it('is good once: nobody who saw it takes the flow over', () => {
    const pair = new Pair();
    const flow = pair.client.start(TARGET);
    pair.serve(flow.hello(NOTHING));
    const hello = resumed(flow, FIRST).hello(NOTHING);
    expect(pair.serve(hello).kind).toBe('resume');
    expect(detailOf(pair.serve(hello))).toMatch(/^replayed hello/);
  });

  it('cannot be changed', () => {
    const pair = new Pair();
    const flow = pair.client.start(TARGET);
    pair.serve(flow.hello(NOTHING));
    const hello = resumed(flow, FIRST).hello(NOTHING);
    for (let i = 4; i < hello.length; i++) {
      const bent = Buffer.from(hello);
      bent[i] = (bent[i] ?? 0) ^ 1;
      expect(pair.serve(bent).kind, `byte ${i}`).toBe('reply');
    }
    expect(pair.serve(hello).kind).toBe('resume');
  });

  it('that was answered before is not taken for a new one by a server that does not know it', () => {
    const pair = new Pair();
    const next = resumed(pair.client.start(TARGET), { ...FIRST, isAnswered: true });
    const step = pair.serve(next.hello(NOTHING));
    expect(detailOf(step)).toMatch(/does not know$/);
    expect(next.receive(answerOf(step))).toMatchObject({ kind: 'refused', reason: 'not-authorized' });
  });

  it('never reaches a flow of another key', () => {
    const pair = new Pair();
    const keys = [
      { id: KEY_ID, name: 'mine', psk: new Uint8Array(32).fill(1) },
      { id: 8, name: 'other', psk: OTHER_PSK },
    ];
    const server = createConvertServer({
      serverId: SERVER_ID,
      keys,
      replay: pair.replay,
      now: () => pair.serverClock.ms,
      ...HOST,
    });
    // The same nonces for both.
    const [mine, other] = keys.map(({ id: keyId, psk }) =>
      createConvertClient({
        serverId: SERVER_ID,
        keyId,
        psk,
        now: () => pair.clientClock.ms,
        random: (() => {
          let calls = 0;
          return (bytes: number) => new Uint8Array(bytes).fill(++calls);
        })(),
      }).start(TARGET),
    ) as [ClientHandshake, ClientHandshake];
    const dial = expectDial(server.start().receive(mine.hello(NOTHING)));
    const step = expectDial(server.start().receive(resumed(other, FIRST).hello(NOTHING)));
    expect(step.resumable?.flowId).not.toBe(dial.resumable?.flowId);
  });

  it('is not said more often than its number can tell', () => {
    const flow = new Pair().client.start(TARGET);
    expect(flow.resume?.({ ...FIRST, attempt: 255 })).toBeDefined();
    expect(flow.resume?.({ ...FIRST, attempt: 256 })).toBeUndefined();
  });

  it('goes through the cookie of a server that has just started', () => {
    const pair = new Pair({ clientAheadMs: -60_000 });
    const next = resumed(pair.client.start(TARGET), FIRST);
    const asked = pair.serve(next.hello(NOTHING));
    expect(next.receive(answerOf(asked))).toEqual({ kind: 'retry' });
    expect(expectDial(pair.serve(next.hello(NOTHING))).resumable?.attempt).toBe(1);
  });
});
