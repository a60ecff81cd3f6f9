import { expect, it } from 'vitest';
import { parseAddress } from '../base/address.ts';
import { startIntercept } from './intercept.ts';

it('an intercepted connection says where it goes without a byte, and is answered without one', () => {
  const target = { address: parseAddress('192.0.2.1'), port: 80 };
  const source = parseAddress('198.51.100.7');
  const handshake = startIntercept(target, source);
  expect(handshake.isSilent).toBe(true);
  const step = handshake.receive(new Uint8Array(0));
  if (step.kind !== 'dial') throw new Error(`it was ${step.kind}`);
  expect(step).toMatchObject({ target, keyId: undefined, inPath: { source }, consumed: 0 });
  expect(step.accept(undefined).length).toBe(0);
  expect(step.refuse('timeout')).toBeUndefined();
  expect(startIntercept(target, undefined).receive(new Uint8Array(0))).toMatchObject({ inPath: {} });
});
