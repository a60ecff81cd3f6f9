// The kernel's MPTCP path manager over netlink: what we order is what `ip mptcp` shows, and the other way round.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mustRun } from '../src/lab/command.ts';
import { Host } from '../src/lab/host.ts';
import { removeRun } from '../src/lab/reap.ts';
import { newRunName } from '../src/lab/run-name.ts';
import { builtPeer } from './support/built-peer.ts';

const PROGRAM = builtPeer('path-manager');

interface Answer {
  readonly endpoints: readonly Record<string, unknown>[];
  readonly limits: { readonly subflows: number; readonly addAddrAccepted: number };
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

const run = newRunName(process.pid);
const router = new Host(run, 'router');
let index: number;

async function wan0(): Promise<number> {
  await router.ip([
    'link add wan0 type veth peer name peer0',
    'link set wan0 up',
    'link set peer0 up',
    'address add 192.0.2.10/24 dev wan0',
    'address add 192.0.2.11/24 dev wan0',
    'address add 2001:db8::10/64 dev wan0 nodad',
  ]);
  return Number(await router.must(['cat', '/sys/class/net/wan0/ifindex']));
}

beforeAll(async () => {
  await mustRun(['ip', 'netns', 'add', router.namespace]);
  await router.ip(['link set lo up']);
  index = await wan0();
});
afterAll(() => removeRun(run));
beforeEach(() => router.must(['ip', 'mptcp', 'endpoint', 'flush']));

async function call(what: string, given: object = {}): Promise<Answer> {
  return JSON.parse(await router.must([process.execPath, PROGRAM, what, JSON.stringify(given)])) as Answer;
}

/** The lines of `ip mptcp endpoint show`. */
async function shown(): Promise<string[]> {
  const text = await router.must(['ip', 'mptcp', 'endpoint', 'show']);
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}

describe('endpoints', () => {
  const backup = () => ({ id: 7, address: '192.0.2.10', flags: ['subflow', 'backup'], index });
  const fullmesh = () => ({ id: 8, address: '2001:db8::10', flags: ['subflow', 'fullmesh'], index });
  const signal = () => ({ id: 9, address: '192.0.2.11', port: 8443, flags: ['signal'] });

  test('that we add are as `ip` shows them', async () => {
    for (const one of [backup(), fullmesh(), signal()])
      expect((await call('add', one)).error).toBeUndefined();
    expect(await shown()).toEqual([
      '192.0.2.10 id 7 subflow backup dev wan0',
      '2001:db8::10 id 8 subflow fullmesh dev wan0',
      '192.0.2.11 port 8443 id 9 signal',
    ]);
  });
  test('that `ip` adds are as we read them', async () => {
    await router.ip([
      'mptcp endpoint add 192.0.2.10 id 7 dev wan0 subflow backup',
      'mptcp endpoint add 2001:db8::10 id 8 dev wan0 subflow fullmesh',
      'mptcp endpoint add 192.0.2.11 port 8443 id 9 signal',
    ]);
    expect((await call('show')).endpoints).toEqual([backup(), fullmesh(), signal()]);
  });
  test('change their flags where they are', async () => {
    await call('add', backup());
    await call('flags', { id: 7, flags: ['subflow'] });
    expect(await shown()).toEqual(['192.0.2.10 id 7 subflow dev wan0']);
    await call('flags', { id: 7, flags: ['subflow', 'backup'] });
    expect(await shown()).toEqual(['192.0.2.10 id 7 subflow backup dev wan0']);
  });
  test('go', async () => {
    await call('add', backup());
    await call('add', fullmesh());
    expect((await call('delete', { id: 7 })).endpoints).toEqual([fullmesh()]);
  });
  test('that the kernel refuses are an error with its reason and something to do', async () => {
    await call('add', backup());
    const { error } = await call('add', { ...backup(), id: 20 });
    expect(error?.code).toBe('mptcp-endpoints');
    expect(error?.message).toMatch(/add the MPTCP endpoint 192\.0\.2\.10 id 20: .*EEXIST/);
    expect(error?.message).toMatch(/duplicate/);
    expect(error?.hint).not.toBe('');
    expect((await call('delete', { id: 99 })).error?.message).toMatch(/address not found.*EINVAL/);
    expect((await call('flags', { id: 99, flags: ['backup'] })).error?.message).toMatch(/EINVAL/);
  });
});

test('limits', async () => {
  expect((await call('limits', { subflows: 5, addAddrAccepted: 3 })).limits).toEqual({
    subflows: 5,
    addAddrAccepted: 3,
  });
  expect((await router.must(['ip', 'mptcp', 'limits', 'show'])).trim()).toBe(
    'add_addr_accepted 3 subflows 5',
  );
  expect((await call('limits', { subflows: 9, addAddrAccepted: 3 })).error?.message).toMatch(/maximum/);
});

describe('the steps of a plan', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'wanbond-path-manager-'));
  afterAll(() => rmSync(stateDir, { recursive: true }));
  const step = { id: 4, address: '192.0.2.10', device: 'wan0', isBackup: false };
  const apply = (isBackup: boolean) => call('apply', { stateDir, steps: [{ ...step, isBackup }] });

  test('make an endpoint, make it backup and back where it is, and take it back once', async () => {
    await apply(false);
    expect(await shown()).toEqual(['192.0.2.10 id 4 subflow dev wan0']);
    await apply(true);
    expect(await shown()).toEqual(['192.0.2.10 id 4 subflow backup dev wan0']);
    await apply(false);
    expect(await shown()).toEqual(['192.0.2.10 id 4 subflow dev wan0']);
    await apply(true);
    await call('undo', { stateDir });
    expect(await shown()).toEqual([]);
    expect(readdirSync(stateDir)).toEqual([]);
  });
  test('stay recorded while there is no file descriptor left to look at them', async () => {
    await apply(false);
    const { error } = await call('undo', { stateDir, isFull: true });
    expect(error?.message).toMatch(/cannot read the MPTCP endpoints: .*EMFILE/);
    expect(readdirSync(stateDir)).toEqual(['journal.json']);
    await call('undo', { stateDir });
    expect(await shown()).toEqual([]);
    expect(readdirSync(stateDir)).toEqual([]);
  });
  test('leave alone what others made', async () => {
    await router.ip(['mptcp endpoint add 192.0.2.10 id 4 dev wan0 subflow']);
    expect((await apply(true)).error?.code).toBe('plan-conflict');
    expect(await shown()).toEqual(['192.0.2.10 id 4 subflow dev wan0']);
  });
  test('are taken back also when the interface is gone, and made anew on the next of its name', async () => {
    await apply(false);
    await router.ip(['link delete wan0']);
    expect(await shown()).toEqual([`192.0.2.10 id 4 subflow dev if${index}`]);
    await call('undo', { stateDir });
    expect(await shown()).toEqual([]);
    expect(readdirSync(stateDir)).toEqual([]);
    index = await wan0();
    await apply(false);
    expect(await shown()).toEqual(['192.0.2.10 id 4 subflow dev wan0']);
    await call('undo', { stateDir });
  });
});
