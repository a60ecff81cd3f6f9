// A server that is given by name: found although the default WAN is dead, kept over a restart, followed when it moves.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ORIGIN, SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { CONVERT_PORT, serverConfig } from '../src/lab/program-config.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { readCounters } from './support/daemon-status.ts';
import { startResolver, useResolver } from './support/resolver.ts';
import { serverStatuses } from './support/server-status.ts';
import { waitUntil } from '../src/lab/wait-until.ts';

const NAME = 'vps.test';

let lab: Lab;
let server: LabProcess;
let forgetResolver: (() => void) | undefined;

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit,delay=5ms', '50mbit,delay=5ms'] });
  forgetResolver = useResolver(lab.hosts.router, ORIGIN.address4);
  await lab.startOrigin();
  server = await lab.startServer();
  await resolveTo(SERVER.address4);
});
afterEach(async () => {
  await lab.hosts.router.processes.find(({ label }) => label === 'router')?.stop();
  await lab.emulator?.set('wan1', { lossRatio: 0 });
});
afterAll(async () => {
  forgetResolver?.();
  await lab?.close();
});

async function stopResolver(): Promise<void> {
  await lab.hosts.origin.processes.find(({ label }) => label.startsWith('resolver'))?.stop();
}

async function resolveTo(address: string): Promise<void> {
  await stopResolver();
  await startResolver(lab.hosts.origin, { names: { [NAME]: [address] } });
}

function startRouter(): Promise<LabProcess> {
  return lab.startRouter({
    overrides: {
      'on-server-loss': 'block',
      server: { address: NAME, port: CONVERT_PORT, key: lab.files.key },
    },
  });
}

async function addresses(): Promise<readonly string[]> {
  return (await serverStatuses(lab))[0]?.addresses ?? [];
}

async function carries(): Promise<void> {
  const before = (await readCounters(lab, 'router')).flowsEstablished;
  await runTransfer(lab.hosts.lan, 'down', lab.target, { bytes: 100_000, seed: 3 });
  await waitUntil(
    'the flow is counted',
    async () => (await readCounters(lab, 'router')).flowsEstablished > before,
  );
}

test('found over the other WAN while the default one is dead', async () => {
  await lab.emulator?.set('wan1', { lossRatio: 1 });
  await startRouter();
  await waitUntil('it is found', async () => (await addresses()).length > 0);
  expect(await addresses()).toEqual([`${SERVER.address4}:${CONVERT_PORT}`]);
  await carries();
});

test('without any resolver, the last answer is good for a start', async () => {
  await stopResolver();
  await startRouter();
  await waitUntil('it is known', async () => (await addresses()).length > 0);
  await carries();
  await resolveTo(SERVER.address4);
});

test('followed to another address, without a restart', async () => {
  const router = await startRouter();
  await waitUntil('it is known', async () => (await addresses()).length > 0);
  await carries();
  await server.stop();
  // The lab's Internet itself is the new host.
  const gateway = lab.wans[0]?.gateway4 as string;
  const config = serverConfig({
    stateDir: `${lab.files.stateDir('server')}-moved`,
    key: lab.files.key,
    transport: 'convert',
  });
  const moved = await lab.files.start(lab.hosts.net, 'server', config, {});
  await resolveTo(gateway);
  await waitUntil(
    'it is followed',
    async () => (await addresses()).includes(`${gateway}:${CONVERT_PORT}`),
    90_000,
  );
  await carries();
  expect(router.exit).toBeUndefined();
  await moved.stop();
});
