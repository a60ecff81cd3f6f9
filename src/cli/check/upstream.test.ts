import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import type { DialledServer } from '../../config/router.ts';
import type { Answer, HelloResult } from '../../wan/tries/hello-result.ts';
import type { PathResult } from '../../wan/tries/server-check.ts';
import { upstreamFindings } from './upstream.ts';

const ADDRESS = parseAddress('198.51.100.1');
const server: DialledServer = {
  transport: 'convert',
  hosts: [ADDRESS],
  mark: 0,
  port: 5124,
  protocol: { transport: 'convert', id: 'wanbond', keyId: 1, key: new Uint8Array(32) },
};
const CONTEXT = { server, strictDevices: new Set<string>() };
const PROVED: Answer = { kind: 'proved' };

const connected = (answer: Answer = PROVED, isMptcp = true): HelloResult => ({
  kind: 'connected',
  connectMs: 12.34,
  isMptcp,
  answer,
});

function result(parts: Partial<PathResult> = {}): PathResult {
  const from = parseAddress('203.0.113.5');
  return {
    path: { wan: 'dsl', device: 'eth1', from, to: { address: ADDRESS, port: 5124 } },
    hello: connected(),
    plain: undefined,
    clockOffsetMs: undefined,
    join: { firstWan: 'cable', result: { kind: 'joined' } },
    ...parts,
  };
}

const find = (...results: PathResult[]) => upstreamFindings(results, CONTEXT);

test('all is well', () => {
  expect(find(result())).toEqual([
    { level: 'ok', subject: 'server over dsl', message: '198.51.100.1:5124: ok, connects in 12 ms' },
    {
      level: 'ok',
      subject: 'MPTCP over dsl',
      message: '198.51.100.1:5124: kept, a second subflow joins a connection over cable',
    },
    { level: 'ok', subject: 'clock', message: 'right enough for the server' },
  ]);
});

describe('what a lab cannot make a server say', () => {
  test.each([
    ['clock', /the clocks do not come together: why/, /^Set the clocks/],
    ['resource', /the server refuses: why/, /^See the server's log/],
  ] as const)('%s', (reason, message, hint) => {
    const [finding] = find(result({ hello: connected({ kind: 'refused', reason, detail: 'why' }) }));
    expect(finding).toMatchObject({ level: 'fail', message: expect.stringMatching(message) });
    expect(finding?.hint).toMatch(hint);
  });
});

test('an offset under a second is none, one over it has its side', () => {
  const clockOf = (clockOffsetMs: number) =>
    find(result({ clockOffsetMs })).find(({ subject }) => subject === 'clock');
  expect(clockOf(-900)).toMatchObject({ level: 'ok' });
  expect(clockOf(1500)).toMatchObject({
    level: 'warn',
    message: 'off by 1.5 s: this host is behind the server',
  });
  expect(clockOf(-40_000)).toMatchObject({ message: 'off by 40 s: this host is ahead of the server' });
});

test('a server that answers in another family only is no proof for this one', () => {
  const other = {
    wan: 'cable',
    device: 'eth2',
    from: ADDRESS,
    to: { address: parseAddress('2001:db8::1'), port: 5124 },
  };
  const silent: HelloResult = { kind: 'no-connection', why: 'timeout', errno: 'ETIMEDOUT' };
  const [finding] = find(result({ hello: silent, plain: silent, join: undefined }), result({ path: other }));
  expect(finding?.hint).toMatch(/^Check that the server runs/);
});
