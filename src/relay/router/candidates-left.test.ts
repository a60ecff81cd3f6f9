// Where a connection can go when its WAN dies.
import { expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import type { Candidate } from './router-policy.ts';
import { candidatesLeft } from './candidates-left.ts';

const HERE = parseAddress('127.0.0.1');
const CANDIDATES = ['a', 'b', 'c'].map(
  (wan): Candidate => ({
    wan,
    device: wan,
    from: HERE,
    to: { address: HERE, port: 1 },
    mptcp: true,
    server: 's',
    hedgeDelayMs: 1,
  }),
);
const up = (...names: string[]) => names.map((name) => ({ name, isSilent: false }));
const leftFrom = (wan: string, wans: readonly { name: string; isSilent: boolean }[]) =>
  candidatesLeft(CANDIDATES, wan, wans).map((one) => one.wan);

test.each([
  ['nowhere while its WAN is alive', up('a', 'b', 'c'), []],
  ['to the others when it is gone', up('b', 'c'), ['b', 'c']],
  ['to the others when it is silent', [{ name: 'a', isSilent: true }, ...up('c')], ['c']],
  ['to none that is silent', [{ name: 'b', isSilent: true }, ...up('c')], ['c']],
  ['nowhere when all are dead', [], []],
  ['to none that it does not know', up('d'), []],
])('%s', (_name, wans, left) => {
  expect(leftFrom('a', wans)).toEqual(left);
});
