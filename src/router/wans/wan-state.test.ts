import { describe, expect, test } from 'vitest';
import { formatSocketAddress, parseAddress } from '../../base/address.ts';
import { knownServers } from '../../wan/servers/known-servers.ts';
import { address, link, route } from '../../wan/links/link-fact.fixture.ts';
import { wanLinks } from '../../wan/links/links.ts';
import { pathMeasurement as path } from '../../wan/probe/path-measurement.fixture.ts';
import type { PathMeasurement } from '../../wan/probe/probe-path.ts';
import type { Verdict, Verdicts, WanRole } from '../../wan/role/role.ts';
import { KEY, routerConfig } from '../router-config.fixture.ts';
import { decideWans } from './wan-state.ts';

const config = routerConfig({
  servers: `[[server]]
address = "203.0.113.1"
key = "${KEY}"
[[server]]
address = ["vps.example.net", "203.0.113.2"]
key = "${KEY}"
`,
});
const LINKS = [
  link({ defaultRoutes: [route(4, '192.0.2.1', { metric: 10 })] }),
  link({
    name: 'wwan0',
    index: 6,
    addresses: [address('198.51.100.20')],
    defaultRoutes: [route(4, '198.51.100.1', { metric: 20 })],
  }),
];
const NAMES = new Map([['vps.example.net', [parseAddress('203.0.113.9')]]]);

const FIRST = '203.0.113.1';
const SECOND = 'vps.example.net';
const DOWN = { health: 'down' } as const;
const verdictsOf = (...all: [wan: string, role: WanRole][]): Verdicts =>
  new Map(all.map(([wan, role]): [string, Verdict] => [wan, { role, reason: 'because' }]));

function decide(
  measurements: readonly PathMeasurement[],
  verdicts: Verdicts = new Map(),
  links = LINKS,
  held: ReadonlyMap<string, string> = new Map(),
) {
  const servers = knownServers(config, NAMES);
  const state = decideWans(config, {
    wans: wanLinks(config.wans, links),
    links,
    servers,
    measurements,
    verdicts,
    held,
  });
  return {
    ...state,
    names: {
      order: state.order.map(({ name }) => name),
      bonded: state.bonded.map(({ name, isBackup }) => (isBackup ? `${name} backup` : name)),
      alive: state.servers.alive.map(({ label }) => label),
    },
    reasons: Object.fromEntries([...state.troubles].map(([wan, verdict]) => [wan, verdict?.reason])),
  };
}

describe('WANs', () => {
  test('of which nothing is known are used in the order of the config', () => {
    const state = decide([]);
    expect(state.names).toEqual({
      order: ['dsl', 'lte'],
      bonded: ['dsl', 'lte'],
      alive: [FIRST, SECOND],
    });
    expect(state.order.map(({ share }) => share)).toEqual([1, 1]);
    expect(state.reasons).toEqual({ dsl: undefined, lte: undefined });
  });

  test('the nearer one begins new flows, alone when the other is far', () => {
    const state = decide([
      path('dsl', FIRST, { rttMs: 80, recentRttMs: 78 }),
      path('lte', FIRST, { rttMs: 20 }),
    ]);
    expect(state.order.map(({ name, share }) => [name, share])).toEqual([
      ['lte', 1],
      ['dsl', 0],
    ]);
    const [near, far] = state.order;
    expect(near?.hedgeDelayMs).toBeLessThan(far?.hedgeDelayMs as number);
  });

  test('a silent one has no endpoint, is tried last, and the default route goes round it', () => {
    const state = decide([path('dsl', FIRST, DOWN), path('lte', FIRST)]);
    expect(state.names).toMatchObject({ order: ['lte', 'dsl'], bonded: ['lte'] });
    expect(state.standIns).toMatchObject([{ family: 4, device: 'wwan0' }]);
    expect(state.reasons).toEqual({ dsl: 'the server does not answer over it', lte: undefined });
  });

  test('a flapping one is held while a steady one is alive, and no longer', () => {
    const held = new Map([['dsl', 'flaps']]);
    const state = decide([path('dsl', FIRST), path('lte', FIRST)], new Map(), LINKS, held);
    expect(state.names).toMatchObject({ order: ['lte', 'dsl'], bonded: ['lte'] });
    expect(state.reasons).toEqual({ dsl: 'flaps', lte: undefined });
    const alone = decide([path('dsl', FIRST), path('lte', FIRST, DOWN)], new Map(), LINKS, held);
    expect(alone.names).toMatchObject({ order: ['dsl', 'lte'], bonded: ['dsl'] });
    expect(alone.reasons).toEqual({ dsl: undefined, lte: 'the server does not answer over it' });
  });

  test.each([
    ['both answer', {}, ['dsl'], ['dsl', 'lte']],
    ['only the second answers', DOWN, ['lte'], ['lte', 'dsl']],
  ])('of two with one address one is bonded: %s', (_, first, bonded, order) => {
    const [dsl, lte] = LINKS as [(typeof LINKS)[0], (typeof LINKS)[0]];
    const twins = [dsl, { ...lte, addresses: dsl.addresses }];
    const state = decide([path('dsl', FIRST, first), path('lte', FIRST)], new Map(), twins);
    expect(state.names).toMatchObject({ bonded, order });
    const reason = 'dsl has its address 192.0.2.10: change the network of one of the two modems';
    expect(state.reasons['lte']).toBe(bonded[0] === 'dsl' ? reason : undefined);
  });

  test('of two with one address one has an endpoint, also while both are silent', () => {
    const [dsl, lte] = LINKS as [(typeof LINKS)[0], (typeof LINKS)[0]];
    const silent = [path('dsl', FIRST, DOWN), path('lte', FIRST, DOWN)];
    const state = decide(silent, new Map(), [dsl, { ...lte, addresses: dsl.addresses }]);
    expect(state.names.bonded).toEqual(['dsl']);
  });

  test('one whose probes were never answered is used: UDP may be blocked', () => {
    const state = decide([path('dsl', FIRST, { ...DOWN, hasAnswered: false }), path('lte', FIRST)]);
    expect(state.names.bonded).toEqual(['dsl', 'lte']);
  });

  test('all silent: every endpoint stays, a dead path may be all that a flow has', () => {
    const silent = [FIRST, SECOND].flatMap((server) => ['dsl', 'lte'].map((wan) => path(wan, server, DOWN)));
    expect(decide(silent).names).toMatchObject({ bonded: ['dsl', 'lte'], alive: [] });
  });

  test('without carrier there is no endpoint and no probe, whatever was measured', () => {
    const state = decide([path('dsl', FIRST), path('lte', FIRST)], new Map(), [
      LINKS[0] as (typeof LINKS)[0],
      link({ name: 'wwan0', hasCarrier: false }),
    ]);
    expect(state.names.bonded).toEqual(['dsl']);
    expect(state.reasons['lte']).toBe('no carrier');
  });
});

describe('a WAN whose path takes MPTCP away', () => {
  const stripped = { mptcp: { capable: 'stripped', join: 'kept' }, rttMs: 5 } as const;

  test('begins no flow while another works, however near it is, but is joined', () => {
    const state = decide([path('dsl', FIRST, stripped), path('lte', FIRST)]);
    expect(state.names).toMatchObject({ order: ['lte', 'dsl'], bonded: ['dsl', 'lte'] });
    expect(state.order.map(({ share }) => share)).toEqual([1, 0]);
    expect(state.reasons).toEqual({ dsl: undefined, lte: undefined });
  });

  test('comes after one on standby, and before a dead one', () => {
    const standby = decide(
      [path('dsl', FIRST, stripped), path('lte', FIRST)],
      verdictsOf(['lte', 'standby']),
    );
    expect(standby.names.order).toEqual(['lte', 'dsl']);
    expect(decide([path('dsl', FIRST, DOWN), path('lte', FIRST, stripped)]).names).toMatchObject({
      order: ['lte', 'dsl'],
      bonded: ['lte'],
    });
  });

  test('has no endpoint when it cannot be joined either, unless it is all there is', () => {
    const both = { mptcp: { capable: 'dropped', join: 'stripped' } } as const;
    const state = decide([path('dsl', FIRST, both), path('lte', FIRST)]);
    expect(state.names).toMatchObject({ order: ['lte', 'dsl'], bonded: ['lte'] });
    expect(state.reasons['dsl']).toMatch(/^MP_CAPABLE is dropped and MP_JOIN is stripped on its path/);
    const alone = decide([path('dsl', FIRST, both), path('lte', FIRST, DOWN)]);
    expect(alone.names).toMatchObject({ order: ['dsl', 'lte'], bonded: ['dsl'] });
    expect(alone.reasons['dsl']).toBeUndefined();
  });

  test('is as good as any when the server is lost', () => {
    const lost = [path('dsl', FIRST, { ...DOWN, ...stripped }), path('lte', FIRST, DOWN)];
    const state = decide([...lost, path('dsl', SECOND, DOWN), path('lte', SECOND, DOWN)]);
    expect(state.names).toMatchObject({ order: ['dsl', 'lte'], alive: [] });
  });
});

describe('verdicts', () => {
  test('standby: a backup endpoint, and new flows only after the others', () => {
    const state = decide(
      [path('dsl', FIRST, { rttMs: 80, recentRttMs: 78 }), path('lte', FIRST)],
      verdictsOf(['lte', 'standby']),
    );
    expect(state.names).toMatchObject({ order: ['dsl', 'lte'], bonded: ['dsl', 'lte backup'] });
    expect(state.order.map(({ share }) => share)).toEqual([1, 0]);
  });

  test('out: nothing, not even when it is the last one', () => {
    const state = decide([path('dsl', FIRST, DOWN), path('lte', FIRST)], verdictsOf(['lte', 'out']));
    expect(state.names).toMatchObject({ order: ['dsl'], bonded: ['dsl'] });
  });

  test('a silent WAN comes after one on standby', () => {
    const state = decide([path('dsl', FIRST, DOWN), path('lte', FIRST)], verdictsOf(['lte', 'standby']));
    expect(state.names.order).toEqual(['lte', 'dsl']);
  });
});

describe('servers', () => {
  test('each is probed over each WAN, at the first address of its family', () => {
    const { paths } = decide([]);
    expect(paths.map(({ wan, to }) => `${wan} ${formatSocketAddress(to)}`)).toEqual([
      'dsl 203.0.113.1:5124',
      'dsl 203.0.113.9:5124',
      'lte 203.0.113.1:5124',
      'lte 203.0.113.9:5124',
    ]);
  });

  test('the first that answers over any WAN is used, and WANs are judged by its answers', () => {
    const lost = ['dsl', 'lte'].map((wan) => path(wan, FIRST, DOWN));
    const state = decide([...lost, path('dsl', SECOND), path('lte', SECOND, DOWN)]);
    expect(state.names).toMatchObject({ alive: [SECOND], bonded: ['dsl'] });
    expect(state.reasons).toEqual({ dsl: undefined, lte: 'the server does not answer over it' });
  });

  test('one whose name is not known cannot be used', () => {
    const onlyNamed = { ...config, servers: config.servers.slice(1) };
    expect(knownServers(onlyNamed, new Map())[0]?.addresses).toEqual([parseAddress('203.0.113.2')]);
    expect(knownServers(onlyNamed, NAMES)[0]?.addresses).toHaveLength(2);
  });
});
