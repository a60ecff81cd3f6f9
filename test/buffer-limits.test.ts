// What sockets may buffer follows rates and round trips of the WANs, and is put back whatever ends the daemons.
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askControl } from '../src/control/control-socket.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { memoryLimit } from '../src/wan/buffer-limit.ts';
import { networkState } from './support/network-state.ts';
import { stopCleanly } from './support/stop-router.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { wanbond } from './support/wanbond.ts';

type Role = 'router' | 'server';

const MIB = 2 ** 20;
// The config has two WANs of 250 Mbit/s, which at an assumed 100 ms have 6 MB under way; measured are 300 ms. All that on a
// machine of 2 GiB and more.
const RATE = '250mbit';
const FIRST = 32 * MIB;
const RAISED = 128 * MIB;
const OF_SERVER = memoryLimit(totalmem()).bytes;

let lab: Lab;

beforeAll(async () => {
  lab = await buildLab({ wans: ['5mbit,delay=150ms', '5mbit,delay=150ms'] });
});
afterAll(() => lab?.close());

const start = (role: Role): Promise<LabProcess> => {
  const wan = lab.wans.map(({ name, device }) => ({ name, interface: device, 'rate-down': RATE }));
  return role === 'server' ? lab.startServer() : lab.startRouter({ overrides: { wan } });
};
/** The third values of tcp_rmem and tcp_wmem. */
async function maxima(role: Role): Promise<number[]> {
  const read = async (name: string): Promise<number> =>
    Number((await lab.hosts[role].must(['sysctl', '-n', name])).trim().split(/\s+/)[2]);
  return Promise.all([read('net.ipv4.tcp_rmem'), read('net.ipv4.tcp_wmem')]);
}
async function limitOf(role: Role): Promise<unknown> {
  const { limits } = (await askControl(lab.files.stateDir(role), 'status')) as { limits: unknown };
  return limits;
}

/** How the maximum of tcp_rmem got where it is, by the record of what is to be put back. */
function recordedMaxima(): number[] {
  const { undos } = JSON.parse(readFileSync(join(lab.files.stateDir('router'), 'journal.json'), 'utf8')) as {
    undos: { name?: string; ours: string }[];
  };
  return undos
    .filter(({ name }) => name === 'net.ipv4.tcp_rmem')
    .map(({ ours }) => Number(ours.split(' ')[2]));
}

async function end(daemon: LabProcess, role: Role, how: 'in order' | 'killed'): Promise<void> {
  if (how === 'in order') return stopCleanly(daemon);
  daemon.kill('SIGKILL');
  await daemon.exited;
  const down = await wanbond(lab.hosts[role], 'down', '-c', lab.files.configFile(role));
  expect(down).toMatchObject({ code: 0, stderr: '' });
}

test.each(['in order', 'killed'] as const)(
  'raised by what is configured, then by what is measured; ended %s',
  async (how) => {
    const before = {
      router: await networkState(lab.hosts.router),
      server: await networkState(lab.hosts.server),
    };
    const server = await start('server');
    expect(await maxima('server')).toEqual([OF_SERVER, OF_SERVER]);
    expect(await limitOf('server')).toMatchObject({ buffer: { bytes: OF_SERVER } });

    const router = await start('router');
    // More where the machine is busy, whose round trips are longer (wan/buffer-limit has the sums in its unit tests).
    const raised = await waitUntil('the measured round trip counts', async () => {
      const [bytes = 0] = await maxima('router');
      return bytes >= RAISED && bytes;
    });
    expect(await maxima('router')).toEqual([raised, raised]);
    const recorded = recordedMaxima();
    expect([recorded[0], recorded.at(-1)]).toEqual([FIRST, raised]);
    expect(await limitOf('router')).toMatchObject({
      buffer: { bytes: raised, reason: expect.stringMatching(/500mbit .* [3-9]\d\dms/) as string },
    });

    await end(router, 'router', how);
    await end(server, 'server', how);
    expect(await networkState(lab.hosts.router)).toEqual(before.router);
    expect(await networkState(lab.hosts.server)).toEqual(before.server);
  },
);
