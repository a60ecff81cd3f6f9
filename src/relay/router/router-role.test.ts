// What a worker of the router keeps while its servers come and go.
import { expect, test } from 'vitest';
import { Loop } from '../loop/loop.ts';
import type { RouterPolicy, ServerPolicy } from './router-policy.ts';
import { RouterAccept } from './router-role.ts';
import { contextOf } from '../worker-context.fixture.ts';

const server = (label: string): ServerPolicy => ({
  label,
  addresses: [],
  protocol: { transport: 'socks5', login: undefined, pipelined: 'on' },
  takesPipelined: undefined,
});

function policy(...servers: ServerPolicy[]): RouterPolicy {
  const upstream = { transport: 'servers', servers } as const;
  return { wans: [], hints: { isLossy: false }, upstream, directWithoutServer: true, own: [] };
}

test('what was learned of a server is there again after it was lost', () => {
  const loop = new Loop();
  const [one, other] = [server('one'), server('other')];
  const accept = new RouterAccept(contextOf(loop), {
    kind: 'router',
    method: 'tproxy',
    opening: {
      connectTimeoutMs: 1000,
      handshakeTimeoutMs: 1000,
      earlyDataWaitMs: 0,
      warmMost: 0,
      congestion: { usual: undefined, lossy: undefined },
    },
    socks: undefined,
    policy: policy(one, other),
  });
  const before = accept['transports'].get('one');
  expect(before).toBeDefined();
  accept.update(policy(other));
  expect(accept['transports'].has('one')).toBe(false);
  accept.update(policy(one, other));
  expect(accept['transports'].get('one')).toBe(before);
  accept.rest();
  loop.close();
});
