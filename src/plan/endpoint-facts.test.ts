import { describe, expect, test } from 'vitest';
import { parseAddress } from '../base/address.ts';
import { type EndpointFact, endpointToChange, isEndpointSatisfied, isMadeAs } from './endpoint-facts.ts';
import { type EndpointStep, renderStep, type Undo } from './step.ts';

const STEP: EndpointStep = {
  kind: 'endpoint',
  id: 7,
  address: parseAddress('192.0.2.10'),
  device: 'wan0',
  isBackup: false,
};
const BACKUP = { ...STEP, isBackup: true };
const THERE: EndpointFact = { id: 7, address: '192.0.2.10', device: 'wan0', flags: ['subflow'] };
const THERE_AS_BACKUP: EndpointFact = { ...THERE, flags: ['subflow', 'backup'] };
const MADE: Undo = { kind: 'endpoint', id: 7, address: '192.0.2.10', device: 'wan0' };

test('as a command', () => {
  expect(renderStep(STEP)).toBe('ip mptcp endpoint add 192.0.2.10 id 7 dev wan0 subflow');
  expect(renderStep(BACKUP)).toBe('ip mptcp endpoint add 192.0.2.10 id 7 dev wan0 subflow backup');
});

test('it is satisfied by the same flags only', () => {
  expect(isEndpointSatisfied(STEP, [THERE])).toBe(true);
  expect(isEndpointSatisfied(BACKUP, [THERE])).toBe(false);
  expect(isEndpointSatisfied(STEP, [THERE_AS_BACKUP])).toBe(false);
  expect(isEndpointSatisfied(BACKUP, [THERE_AS_BACKUP])).toBe(true);
  expect(isEndpointSatisfied(STEP, [{ ...THERE, flags: ['subflow', 'fullmesh'] }])).toBe(false);
  expect(isEndpointSatisfied(STEP, [{ ...THERE, device: 'wan1' }])).toBe(false);
});

describe('changed in place', () => {
  test('is ours with another backup flag, in both directions', () => {
    expect(endpointToChange(BACKUP, [THERE], [MADE])).toBe(THERE);
    expect(endpointToChange(STEP, [THERE_AS_BACKUP], [MADE])).toBe(THERE_AS_BACKUP);
  });
  test('is nothing that is right, missing, or made by others', () => {
    expect(endpointToChange(BACKUP, [THERE_AS_BACKUP], [MADE])).toBeUndefined();
    expect(endpointToChange(BACKUP, [], [MADE])).toBeUndefined();
    expect(endpointToChange(BACKUP, [THERE], [])).toBeUndefined();
    expect(endpointToChange(BACKUP, [{ ...THERE, id: 8 }], [MADE])).toBeUndefined();
  });
});

test('what is left of ours without its interface is still ours', () => {
  const undo = { ...MADE };
  expect(isMadeAs(THERE_AS_BACKUP, undo)).toBe(true);
  expect(isMadeAs({ ...THERE, device: 'if3', isOrphan: true }, undo)).toBe(true);
  expect(isMadeAs({ ...THERE, device: 'wan1' }, undo)).toBe(false);
  expect(isMadeAs({ ...THERE, id: 8, device: 'if3', isOrphan: true }, undo)).toBe(false);
});
