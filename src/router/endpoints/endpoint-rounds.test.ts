import { expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import type { EndpointFact } from '../../plan/endpoint-facts.ts';
import { type EndpointUndo, renderStep, renderUndo, type Step } from '../../plan/step.ts';
import { endpointRounds, type EndpointView } from './endpoint-rounds.ts';

const step = (id: number, device: string): Step => {
  return { kind: 'endpoint', id, address: parseAddress(`192.0.2.${id}`), device, isBackup: false };
};
const undo = (id: number, device: string): EndpointUndo => {
  return { kind: 'endpoint', id, address: `192.0.2.${id}`, device };
};
const fact = (id: number, device: string): EndpointFact => {
  return { id, address: `192.0.2.${id}`, device, flags: ['subflow'] };
};
const SYSCTL: Step = { kind: 'sysctl', name: 'net.ipv4.conf.dsl.rp_filter', value: '2' };
const DSL = 'add 192.0.2.1 dsl';
const LTE = 'add 192.0.2.2 lte';

/** What happens, in order; nothing may happen twice. */
function order(view: Partial<EndpointView>): string[] {
  const rounds = endpointRounds({ steps: [], made: [], worn: [], endpoints: [], ...view });
  return rounds.flatMap(({ remove, add }) => [
    ...remove.map((one) => renderUndo(one).replace('ip mptcp endpoint ', '')),
    ...add.map((one) =>
      renderStep(one).replace(/^ip mptcp endpoint add (\S+) id \d+ dev (\S+) subflow$/, 'add $1 $2'),
    ),
  ]);
}

test('beside one that carries, what is lost goes before anything comes', () => {
  const [made, endpoints] = [
    [undo(1, 'dsl'), undo(3, 'fibre')],
    [fact(1, 'dsl'), fact(3, 'fibre')],
  ];
  expect(order({ steps: [step(1, 'dsl'), step(2, 'lte')], made, endpoints })).toEqual([
    'delete id 3',
    DSL,
    LTE,
  ]);
});

test('the other one is back first: it comes before the one that was kept goes', () => {
  const [made, endpoints] = [[undo(2, 'lte')], [fact(2, 'lte')]];
  expect(order({ steps: [SYSCTL, step(1, 'dsl')], made, endpoints })).toEqual([
    renderStep(SYSCTL),
    DSL,
    'delete id 2',
  ]);
});

test('the kept one is back first: it is made anew', () => {
  const [made, endpoints] = [[undo(2, 'lte')], [fact(2, 'lte')]];
  expect(order({ steps: [step(2, 'lte')], made, worn: made, endpoints })).toEqual(['delete id 2', LTE]);
});

test('both are back: made anew one after the other, so that one of them stands', () => {
  const [made, endpoints] = [
    [undo(1, 'dsl'), undo(2, 'lte')],
    [fact(1, 'dsl'), fact(2, 'lte')],
  ];
  expect(order({ steps: [step(1, 'dsl'), step(2, 'lte')], made, worn: made, endpoints })).toEqual([
    'delete id 1',
    DSL,
    'delete id 2',
    LTE,
  ]);
});

test('one of two silent ones is back: made anew before the other goes', () => {
  const [made, endpoints] = [
    [undo(1, 'dsl'), undo(2, 'lte')],
    [fact(1, 'dsl'), fact(2, 'lte')],
  ];
  const worn = [undo(1, 'dsl')];
  expect(order({ steps: [step(1, 'dsl')], made, worn, endpoints })).toEqual([
    'delete id 1',
    DSL,
    'delete id 2',
  ]);
});

test('the address has gone over to another device: the old endpoint is in the way', () => {
  const [made, endpoints] = [[undo(1, 'ppp0')], [fact(1, 'ppp0')]];
  expect(order({ steps: [step(1, 'dsl')], made, endpoints })).toEqual(['delete id 1', DSL]);
});

test('what stands on an interface that is gone is made anew', () => {
  const orphan: EndpointFact = {
    id: 1,
    address: '192.0.2.1',
    device: 'if7',
    isOrphan: true,
    flags: ['subflow'],
  };
  const [made, endpoints] = [[undo(1, 'dsl')], [orphan]];
  expect(order({ steps: [step(1, 'dsl')], made, endpoints })).toEqual(['delete id 1', DSL]);
});
