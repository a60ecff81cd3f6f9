// Routes and routing rules over netlink: what a daemon makes is what the commands of `wanbond plan` make, and both are
// taken back without a trace.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mustRun } from '../src/lab/command.ts';
import { Host } from '../src/lab/host.ts';
import { removeRun } from '../src/lab/reap.ts';
import { newRunName } from '../src/lab/run-name.ts';
import { type DefaultRoute, type MarkRule, renderStep, renderUndo, type Step } from '../src/plan/step.ts';
import { builtPeer } from './support/built-peer.ts';

const PROGRAM = builtPeer('plan-steps');
const run = newRunName(process.pid);
const router = new Host(run, 'router');
const stateDir = mkdtempSync(join(tmpdir(), 'wanbond-routing-'));

beforeAll(async () => {
  await mustRun(['ip', 'netns', 'add', router.namespace]);
  // Nothing comes by itself while two states are compared.
  await router.writeSysctls(
    new Map([
      ['net/ipv6/conf/default/accept_dad', '0'],
      ['net/ipv6/conf/default/addr_gen_mode', '1'],
    ]),
  );
  await router.ip([
    'link set lo up',
    'link add wan0 type veth peer name peer0',
    'link add ppp0 type veth peer name peer1',
    ...['wan0', 'peer0', 'ppp0', 'peer1'].map((device) => `link set ${device} up`),
    'address add 192.0.2.10/24 dev wan0',
    'address add 2001:db8::10/64 dev wan0 nodad',
    'address add 192.0.2.20/32 dev ppp0',
    // Those of the operator, which stay.
    'route add default via 192.0.2.2 dev wan0',
    'route add default via 2001:db8::2 dev wan0 metric 10',
  ]);
});
afterAll(() => {
  removeRun(run);
  rmSync(stateDir, { recursive: true, force: true });
});

const daemon = (what: 'apply' | 'undo', steps: readonly Step[] = []): Promise<string> =>
  router.must([process.execPath, PROGRAM, what, stateDir, JSON.stringify(steps)]);
const commands = (lines: string): Promise<string> => router.must(['sh', '-e'], { input: `${lines}\n` });
const state = (): Promise<string> =>
  commands('for family in -4 -6; do ip $family rule show; ip $family route show table all; done');

const rule: MarkRule = {
  kind: 'rule',
  family: 4,
  priority: 800,
  device: 'br-lan',
  mark: 0x4000_0000,
  mask: 0x4000_0000,
  table: 7780,
};
const route: DefaultRoute = { kind: 'default-route', family: 4, device: 'wan0', gateway: '192.0.2.1' };

const STEPS: readonly (MarkRule | DefaultRoute | Extract<Step, { kind: 'local-route' }>)[] = [
  rule,
  { ...rule, family: 6 },
  { ...rule, device: undefined, mark: 0x100, mask: 0xff00, table: 50 },
  { kind: 'local-route', family: 4, table: 7780 },
  { kind: 'local-route', family: 6, table: 7780 },
  { kind: 'local-route', family: 4, table: 77 },
  route,
  { ...route, device: 'ppp0', gateway: undefined },
  { ...route, family: 6, gateway: '2001:db8::1' },
  { ...route, family: 6, gateway: 'fe80::1' },
  { ...route, family: 6, device: 'ppp0', gateway: undefined },
];

test.each(STEPS.map((step) => ({ step, command: renderStep(step) })))('$command', async ({ step }) => {
  const before = await state();
  await commands(renderStep(step));
  const byCommand = await state();
  expect(byCommand).not.toBe(before);
  const undo =
    step.kind === 'rule'
      ? ({ kind: 'rule', rule: step } as const)
      : step.kind === 'local-route'
        ? ({ kind: 'local-route', route: step } as const)
        : ({ kind: 'default-route', route: step } as const);
  await commands(renderUndo(undo));
  expect(await state()).toBe(before);

  await daemon('apply', [step]);
  expect(await state()).toBe(byCommand);
  await daemon('undo');
  expect(await state()).toBe(before);
});

test('what is gone by itself, or with its interface, is taken back without an error', async () => {
  const before = await state();
  await router.ip([
    'link add lte0 type veth peer name peer2',
    'link set peer2 up',
    'link set lte0 up',
    'address add 192.0.2.30/32 dev lte0',
  ]);
  await daemon('apply', [rule, { ...route, device: 'lte0', gateway: undefined }, { ...route }]);
  await router.ip([
    'link delete lte0',
    'rule delete priority 800',
    'route delete default via 192.0.2.1 proto 87',
  ]);
  await daemon('undo');
  expect(await state()).toBe(before);
});

test('a route of the operator is not taken for ours', async () => {
  await daemon('apply', [route]);
  await router.ip([
    'route delete default via 192.0.2.1 proto 87',
    'route prepend default via 192.0.2.1 dev wan0',
  ]);
  const theirs = await state();
  await daemon('undo');
  expect(await state()).toBe(theirs);
  await router.ip(['route delete default via 192.0.2.1 dev wan0']);
});

test('what the kernel refuses is an error that says so', async () => {
  await expect(daemon('apply', [{ ...route, gateway: '203.0.113.1' }])).rejects.toThrow(
    /cannot add a default route by wan0: .*ENETUNREACH/,
  );
});
