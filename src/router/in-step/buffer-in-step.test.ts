import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../plan/host-facts.ts';
import type { Step } from '../../plan/step.ts';
import { BufferInStep } from './buffer-in-step.ts';
import { routerConfig } from '../router-config.fixture.ts';

const MIB = 2 ** 20;
const MEMORY = 2 ** 36;
const silent = { info: () => undefined } as unknown as ConstructorParameters<typeof BufferInStep>[2];
const measured = (downBps: number, rttMs: number) => [{ downBps, upBps: undefined, rttMs }];

function rig(config = routerConfig()) {
  const applied: Step[] = [];
  const sysctls = new Map([
    ['net.ipv4.tcp_rmem', `4096 131072 ${16 * MIB}`],
    // Of somebody who wanted more than we.
    ['net.ipv4.tcp_wmem', `4096 16384 ${512 * MIB}`],
  ]);
  const buffers = new BufferInStep(config, MEMORY, silent);
  const made = { apply: (steps: readonly Step[]) => void applied.push(...steps) };
  const facts = () => ({ sysctls }) as unknown as HostFacts;
  return { applied, buffers, bring: (wans: ReturnType<typeof measured>) => buffers.bring(wans, facts, made) };
}

describe('what sockets may buffer, while the router runs', () => {
  test('is raised when the WANs ask for more, and what is larger already stays', () => {
    const { applied, buffers, bring } = rig();
    expect(buffers.limit.bytes).toBe(16 * MIB);
    expect(bring(measured(1e8, 20))).toBe(false);
    expect(applied).toEqual([]);
    expect(bring(measured(4e8, 300))).toBe(true);
    expect(applied).toEqual([
      { kind: 'sysctl', name: 'net.ipv4.tcp_rmem', value: `4096 131072 ${64 * MIB}` },
    ]);
    expect(buffers.limit).toEqual({
      bytes: 64 * MIB,
      reason: '400mbit of all WANs at a round trip of 300ms',
    });
  });

  test('is not lowered, and not touched again for the same', () => {
    const { applied, buffers, bring } = rig();
    bring(measured(4e8, 300));
    expect(bring(measured(4e8, 310))).toBe(false);
    expect(bring(measured(1e6, 10))).toBe(false);
    expect(bring([])).toBe(false);
    expect(buffers.limit.bytes).toBe(64 * MIB);
    expect(applied).toHaveLength(1);
  });

  test('is what the config says, where it says it', () => {
    const base = routerConfig();
    const { applied, buffers, bring } = rig({ ...base, relay: { ...base.relay, bufferMaxBytes: 8 * MIB } });
    expect(bring(measured(4e8, 300))).toBe(false);
    expect(applied).toEqual([]);
    expect(buffers.limit).toEqual({ bytes: 8 * MIB, reason: 'relay.buffer-max' });
  });

  test('stays as it is where the host refuses that, which is told once', () => {
    const warnings: string[] = [];
    const log = { warn: (_: unknown, text: string) => warnings.push(text) } as unknown as typeof silent;
    const buffers = new BufferInStep(routerConfig(), MEMORY, log);
    const facts = () => ({ sysctls: new Map() }) as unknown as HostFacts;
    const made = {
      apply: (): never => {
        throw new Error('read-only file system');
      },
    };
    expect(buffers.bring(measured(4e8, 300), facts, made)).toBe(false);
    expect(buffers.bring(measured(8e8, 300), facts, made)).toBe(false);
    expect(buffers.limit.bytes).toBe(16 * MIB);
    expect(warnings).toEqual([expect.stringMatching(/more than 16MiB: read-only file system; set relay/)]);
  });
});
