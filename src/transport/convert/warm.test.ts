// Connections that are kept for a hello to come: both ends against each other.
import { expect, test } from 'vitest';
import { expectDial, KEY_ID, NOTHING, Pair, PSK, SERVER_ID, TARGET } from '../../../test/convert-pair.ts';
import type { ServerStep } from '../handshake.ts';
import { requestPrefix, sign } from './auth.ts';
import { AUTH_BYTES, AUTH_TAG_AT } from './constants.ts';
import { deriveKeys } from './keys.ts';

const kept = (step: ServerStep): Extract<ServerStep, { kind: 'keep' }> => {
  if (step.kind !== 'keep') throw new Error(step.kind);
  return step;
};

test('a proven request is kept; what comes behind it on the connection is a hello like any other', () => {
  const pair = new Pair();
  const warm = pair.client.warm?.();
  const hello = warm?.hello(NOTHING) ?? NOTHING;
  const flow = pair.client.start(TARGET).hello(Buffer.from('first bytes'));
  const step = kept(pair.serve(Buffer.concat([hello, flow])));
  expect(step).toMatchObject({ keyId: 7, consumed: hello.length });
  expect(warm?.receive(step.accept)).toMatchObject({ kind: 'established', consumed: step.accept.length });
  expect(expectDial(pair.serve(flow))).toMatchObject({ target: TARGET, consumed: flow.length - 11 });
});

test('too many of them: a signed refusal', () => {
  const pair = new Pair();
  const warm = pair.client.warm?.();
  const step = kept(pair.serve(warm?.hello(NOTHING) ?? NOTHING));
  expect(warm?.receive(step.refuse)).toMatchObject({ kind: 'refused', reason: 'resource', retryAfterS: 10 });
});

test('it takes the key, and is taken once', () => {
  const other = new Pair({ psk: new Uint8Array(32).fill(3) });
  const pair = new Pair();
  expect(pair.serve(other.client.warm?.().hello(NOTHING) ?? NOTHING)).toMatchObject({
    reason: 'not-authorized',
  });
  const hello = pair.client.warm?.().hello(NOTHING) ?? NOTHING;
  kept(pair.serve(hello));
  expect(pair.serve(hello)).toMatchObject({ kind: 'reply', reason: 'replayed' });
});

test('a server that does not know it says so, and is not asked again', () => {
  const warm = new Pair().client.warm?.();
  warm?.hello(NOTHING);
  // RFC 8803: Error 2 with the TLV that is not known, as any converter would answer.
  const answer = Buffer.from('01032263 1e02 02 c3010000 00'.replaceAll(' ', ''), 'hex');
  expect(warm?.receive(answer)).toMatchObject({ kind: 'refused', reason: 'unsupported' });
});

test('flags that are not known are refused', () => {
  const pair = new Pair();
  const warm = pair.client.warm?.();
  const hello = Buffer.from(warm?.hello(NOTHING) ?? NOTHING);
  // The last bytes of the Warm TLV, which stands before the proof.
  const authAt = hello.length - AUTH_BYTES;
  hello[authAt - 1] = 1;
  const { clientToServer } = deriveKeys({ id: KEY_ID, psk: PSK });
  sign(clientToServer, requestPrefix(SERVER_ID), hello, authAt + AUTH_TAG_AT);
  expect(pair.serve(hello)).toMatchObject({ kind: 'reply', reason: 'unsupported' });
});
