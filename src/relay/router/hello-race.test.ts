// A hello against a server that is played by hand: who is told of its reply, and what is left when there is none.
import { afterEach, expect, test } from 'vitest';
import type { HelloLink } from './hello-link.ts';
import { HelloRace, type HelloRaceSpec } from './hello-race.ts';
import { playServer } from './played-server.fixture.ts';
import { contextOf } from '../worker-context.fixture.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0).reverse()) closer();
});

function setUp(own: Partial<HelloRaceSpec> = {}) {
  const server = playServer();
  const { loop, candidates, plan } = server;
  const told: string[] = [];
  const links: HelloLink[] = [];
  const spec: HelloRaceSpec = {
    candidates,
    handshake: plan.routes[0].handshake,
    early: Buffer.from('question'),
    congestion: undefined,
    timeoutMs: 5000,
    ...own,
  };
  const race = new HelloRace(contextOf(loop), spec, {
    onReply: (link, reply) => {
      links.push(link);
      told.push(reply.kind === 'established' ? `established: ${reply.rest.toString()}` : reply.kind);
    },
    onFailed: (why) => told.push(why),
  });
  closers.push(() => {
    for (const { conn } of links) conn.reset();
    race.leave()?.conn.reset();
    server.close();
  });
  const untilTold = (): void => {
    for (let i = 0; i < 2000 && told.length === 0; i++) loop.round(1);
  };
  return { ...server, race, told, links, untilTold };
}

test('the hello leaves with its first bytes, and the connection goes to the handler with the reply', () => {
  const { race, accept, read, write, told, links, loop } = setUp();
  race.begin();
  expect(race.wan).toBeUndefined();
  const fd = accept();
  expect([race.wan, read(fd)]).toEqual(['wan1', '0question']);
  write(fd, 'yanswer');
  expect(told).toEqual(['established: answer']);
  expect([links[0]?.candidate.wan, race.leave(), race.wan]).toEqual(['wan1', undefined, undefined]);
  expect([loop.size, loop.timers.size]).toEqual([1, 0]);
});

test('while it connects there is nothing to leave', () => {
  const { race, loop, told, turn } = setUp();
  race.begin();
  expect(race.leave()).toBeUndefined();
  turn();
  expect([told, loop.size, loop.timers.size]).toEqual([[], 0, 0]);
});

test('a connection that is left tells nobody of its reply', () => {
  const { race, accept, write, told, links } = setUp();
  race.begin();
  const fd = accept();
  const link = race.leave();
  if (link) links.push(link);
  write(fd, 'yanswer');
  expect([link?.candidate.wan, told]).toEqual(['wan1', []]);
});

test('a server that does not reply fails it, and its connection is there still', () => {
  const { race, accept, untilTold, told, links } = setUp({ timeoutMs: 20 });
  race.begin();
  accept();
  untilTold();
  expect(told).toEqual(['the server did not answer']);
  const link = race.leave();
  expect(link?.hasSaid).toBe(true);
  if (link) links.push(link);
});

test('without a candidate it fails before begin returns', () => {
  const { race, told, loop } = setUp({ candidates: [] });
  race.begin();
  expect(told).toEqual(['no WAN reaches the server']);
  race.leave();
  expect([loop.size, loop.timers.size]).toEqual([0, 0]);
});
