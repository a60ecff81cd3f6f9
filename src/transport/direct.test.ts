import { expect, it } from 'vitest';
import { parseAddress } from '../base/address.ts';
import { createDirectClient } from './direct.ts';

it('direct adds nothing and waits for nothing', () => {
  const flow = createDirectClient().start({ address: parseAddress('192.0.2.1'), port: 80 });
  expect(flow.hello(new Uint8Array(0)).length).toBe(0);
  expect(flow.hello(Uint8Array.of(1, 2, 3))).toEqual(Buffer.of(1, 2, 3));
  expect(flow.receive(new Uint8Array(0))).toEqual({ kind: 'established', consumed: 0, families: undefined });
});
