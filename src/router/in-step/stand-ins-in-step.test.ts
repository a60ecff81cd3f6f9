// What is done about the routes that stand in, by what is wanted, made and there.
import { expect, test } from 'vitest';
import { hostFacts } from '../../plan/host-facts.fixture.ts';
import type { LinkFact } from '../../plan/link-fact.ts';
import { type DefaultRoute, ROUTE_PROTOCOL } from '../../plan/step.ts';
import { link, route } from '../../wan/links/link-fact.fixture.ts';
import type { JournaledSteps } from './journaled-steps.ts';
import { bringStandInsInStep } from './stand-ins-in-step.ts';

const WANTED: DefaultRoute = { kind: 'default-route', family: 4, device: 'eth1', gateway: '192.0.2.1' };
const THERE = link({ defaultRoutes: [route(4, '192.0.2.1', { protocol: ROUTE_PROTOCOL })] });
const GONE = link();

test.each<[string, DefaultRoute[], DefaultRoute[], LinkFact, number, number]>([
  ['a new one is made', [WANTED], [], GONE, 1, 0],
  ['one that is there is left alone', [WANTED], [WANTED], THERE, 0, 0],
  ['one that somebody removed is made again', [WANTED], [WANTED], GONE, 1, 0],
  ['one that is not wanted is taken back', [], [WANTED], THERE, 0, 1],
])('%s', (_, wanted, made, now, applied, takenBack) => {
  const counts = { applied: 0, takenBack: 0 };
  const steps = {
    ofKind: () => made.map((one) => ({ kind: 'default-route', route: one })),
    apply: (all: unknown[]) => (counts.applied += all.length),
    takeBack: (all: unknown[]) => (counts.takenBack += all.length),
  };
  bringStandInsInStep(wanted, [now], hostFacts(), steps as unknown as JournaledSteps);
  expect(counts).toEqual({ applied, takenBack });
});
