// A changed config is taken over while flows run: all of it or nothing, and every flow goes on.
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BACKBONE, LAN, ORIGIN } from '../src/lab/addresses.ts';
import type { CommandResult } from '../src/lab/command.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { readInterfaceBytes } from '../src/lab/measure/proc-files.ts';
import type { ConfigTable } from '../src/config/toml-writer.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { startTransfer, type Transfer } from '../src/lab/traffic-programs.ts';
import { craftHello } from './support/craft-hello.ts';
import { askPeer, holdPeer, servePeers } from './support/peer.ts';
import { awaitNoCookie, sendHellos } from './support/send-hello.ts';
import { stopCleanly, stopLeftRouters } from './support/stop-router.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { wanStatus, wanStatuses } from './support/wan-statuses.ts';
import { wanbond } from './support/wanbond.ts';

const PORT = 5003;
// The origin's own address is in it, so the download that runs is bypassed too.
const BYPASS = { bypass: [`${ORIGIN.address4}/32`] };

let lab: Lab;
let router: LabProcess;
let server: LabProcess;

beforeAll(async () => {
  lab = await buildLab({ wans: ['5mbit', '5mbit', '5mbit'] });
  server = await lab.startServer();
  await Promise.all([lab.startOrigin(), servePeers(lab.hosts.origin, PORT)]);
});
afterAll(() => lab?.close());
afterEach(() => stopLeftRouters(lab));

const reload = (role: 'router' | 'server'): Promise<CommandResult> =>
  wanbond(lab.hosts[role], 'reload', '-c', lab.files.configFile(role));
const reloadRouter = (overrides: ConfigTable, wans: readonly string[]): Promise<CommandResult> => {
  lab.writeRouterConfig({ overrides, wans });
  return reload('router');
};
const received = (device: string): number => readInterfaceBytes(router.pid).get(device)?.rxBytes ?? 0;
const endpointOf = async (device: string): Promise<string | undefined> =>
  (await lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'show']))
    .split('\n')
    .find((line) => line.includes(`dev ${device}`));
const ask = (): Promise<string> => askPeer(lab.hosts.lan, ORIGIN.address4, PORT);
const isLogged = (daemon: LabProcess, text: string): boolean =>
  daemon.stderr.some((line) => line.includes(text));

/** What `device` receives until the download has got so much further. */
async function shareOf(device: string, transfer: Transfer, bytes: number): Promise<number> {
  const [before, begin] = [received(device), transfer.samples.at(-1)?.bytes ?? 0];
  await waitUntil(
    `the download goes on from ${begin} bytes`,
    () => {
      if (transfer.process.exit) throw new Error(`the download has ended, after ${begin} bytes and more`);
      return (transfer.samples.at(-1)?.bytes ?? 0) - begin > bytes;
    },
    60_000,
  );
  return received(device) - before;
}

describe('a router, while a download runs', () => {
  test('takes over WANs, tiers, bypasses and LAN interfaces; refuses what is broken or takes a restart', async () => {
    router = await lab.startRouter({ wans: ['wan1', 'wan2'] });
    await waitUntil('both WANs answer', async () =>
      (await wanStatuses(lab)).every(({ health }) => health === 'up'),
    );
    // A minute at least: the steps meanwhile take their time on a machine that is short of CPU.
    const bytes = 80_000_000;
    const transfer = startTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: 8 });
    expect(await shareOf('wan2', transfer, 3_000_000)).toBeGreaterThan(500_000);

    // A WAN comes.
    const all = ['wan1', 'wan2', 'wan3'];
    expect(await reloadRouter({}, all)).toMatchObject({ code: 0, stdout: 'wan wan3: added\n' });
    await waitUntil('the new WAN carries', async () => (await shareOf('wan3', transfer, 500_000)) > 100_000);
    expect(await wanStatus(lab, 'wan3')).toMatchObject({ role: 'bulk' });

    // The one on which the download began goes, by signal.
    const two = ['wan2', 'wan3'];
    lab.writeRouterConfig({ wans: two });
    router.kill('SIGHUP');
    await waitUntil('it is taken over', () => isLogged(router, 'config: wan wan1: removed'));
    expect(await endpointOf('wan1')).toBeUndefined();
    await shareOf('wan1', transfer, 500_000);
    expect(await shareOf('wan1', transfer, 2_000_000)).toBeLessThan(200_000);
    expect((await wanStatuses(lab)).map(({ name }) => name)).toEqual(two);

    // Another tier.
    const wan = [
      { name: 'wan2', interface: 'wan2' },
      { name: 'wan3', interface: 'wan3', tier: 'backup' },
    ];
    expect((await reloadRouter({ wan }, two)).stdout).toBe('wan wan3: tier: active is now backup\n');
    expect(await endpointOf('wan3')).toContain('backup');
    await waitUntil('it rests', async () => (await shareOf('wan3', transfer, 500_000)) < 50_000);

    // Another bypass, which has the target of the download as well.
    expect(await ask()).toBe(BACKBONE.server4);
    const bypassed = { wan, redirect: BYPASS };
    expect((await reloadRouter(bypassed, two)).stdout).toBe(`redirect.bypass: ${ORIGIN.address4}/32 added\n`);
    const direct = lab.wans.map(({ router4 }) => router4);
    expect(direct).toContain(await ask());
    await shareOf('wan2', transfer, 1_000_000);

    // A broken file, both ways; what was in force is.
    const file = lab.files.configFile('router');
    appendFileSync(file, '[[wan]]\nname = "wan9"\ninterfaces = "eth9"\n');
    const broken = await reload('router');
    expect(broken).toMatchObject({ code: 1, stdout: '' });
    expect(broken.stderr).toMatch(/router\.toml:\d+:\d+: wan\[2\]\.interface/);
    router.kill('SIGHUP');
    await waitUntil('the log tells the line and the column', () =>
      router.stderr.some((line) => /config not taken over: .*router\.toml:\d+:\d+: wan\[2\]/.test(line)),
    );
    expect((await wanStatuses(lab)).map(({ name }) => name)).toEqual(two);

    // What takes a restart is refused, with all that came with it.
    const refused = await reloadRouter({ wan, nat: true, redirect: { port: 5999 }, quic: 'leave' }, two);
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toMatch(/nat, redirect\.port cannot change[\s\S]*Restart/);
    expect(direct).toContain(await ask());

    // The table as it was in force needs nothing.
    expect(await reloadRouter(bypassed, two)).toMatchObject({ code: 0, stdout: 'nothing has changed\n' });

    // The LAN interface of the download is LAN no more: the download goes on, and nothing new is taken.
    const elsewhere = { wan, lan: { interfaces: ['lan9'] } };
    expect((await reloadRouter(elsewhere, two)).stdout.split('\n')).toEqual([
      `lan.interfaces: lan9 added; ${LAN.routerDevice} removed`,
      `redirect.bypass: ${ORIGIN.address4}/32 removed`,
      '',
    ]);
    expect(direct).toContain(await ask());
    await shareOf('wan2', transfer, 1_000_000);
    expect((await reloadRouter({ wan, quic: 'leave' }, two)).code).toBe(0);
    expect(await ask()).toBe(BACKBONE.server4);
    const rules = await lab.hosts.router.must(['ip', 'rule', 'show']);
    expect(rules).toContain(`iif ${LAN.routerDevice} `);

    // The download had all of this to bear.
    expect(transfer.samples.at(-1)?.bytes).toBeLessThan(bytes);
    expect(await reloadRouter({}, all)).toMatchObject({ code: 0 });
    expect(await transfer.result).toMatchObject({ bytes, sha256: streamSha256(8, bytes) });
    await stopCleanly(router);
    expect(await endpointOf('wan2')).toBeUndefined();
    expect(await lab.hosts.router.must(['ip', 'rule', 'show'])).not.toContain('iif ');
  });

  test('another file, and a router that does not run, are told', async () => {
    router = await lab.startRouter();
    lab.writeServerConfig({ 'state-dir': lab.files.stateDir('router') });
    expect(await reload('server')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/runs with .*router\.toml, not with .*server\.toml/),
    });
    await stopCleanly(router);
    expect(await reload('router')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/no wanbond daemon answers/),
    });
  });
});

describe('a server', () => {
  test('takes a new key at once, and a removed one no more; the flow of the removed one goes on', async () => {
    await awaitNoCookie(lab);
    router = await lab.startRouter();
    const held = await holdPeer(lab.hosts.lan, ORIGIN.address4, PORT);
    const target = { address: ORIGIN.address4, port: PORT };
    const key = randomBytes(32).toString('base64');
    const second = { id: 2, name: 'cabin', key };
    const hello = () =>
      sendHellos(lab, [craftHello(lab, target, { keyId: 2, key }), craftHello(lab, target)]);
    expect((await hello()).map(({ kind }) => kind)).toEqual(['refused', 'established']);

    lab.writeServerConfig({ key: [{ id: 1, key: lab.files.key }, second] });
    const added = await reload('server');
    expect(added).toMatchObject({ code: 0, stdout: 'key 2: added\n' });
    expect((await hello()).map(({ kind }) => kind)).toEqual(['established', 'established']);

    // A router that has the other key instead of the first.
    lab.writeServerConfig({ key: [second] });
    expect(await reload('server')).toMatchObject({ code: 0, stdout: 'key 1: removed\n' });
    expect((await hello()).map(({ kind }) => kind)).toEqual(['established', 'refused']);
    await held.works();
    await waitUntil('its new flows are refused', async () => (await ask()) !== BACKBONE.server4);
    await waitUntil('its probes are not answered', async () =>
      (await wanStatuses(lab)).every(({ trouble }) => trouble !== undefined),
    );
    const other = { server: { 'key-id': 2, key } };
    expect(
      (
        await reloadRouter(
          other,
          lab.wans.map(({ name }) => name),
        )
      ).code,
    ).toBe(0);
    await waitUntil('the router is known by its new key', async () => (await ask()) === BACKBONE.server4);
    await held.works();
    await held.stop();

    const text = [...server.stderr, ...router.stderr, added.stdout].join('\n');
    expect(text).not.toContain(key);
    expect(text).not.toContain(lab.files.key);
    await stopCleanly(router);
  });

  test('targets are denied and allowed as the file says now', async () => {
    router = await lab.startRouter();
    const keys = { key: [{ id: 1, key: lab.files.key }] };
    lab.writeServerConfig({ ...keys, egress: { deny: [`${ORIGIN.address4}/32`] } });
    expect((await reload('server')).stdout).toContain(`egress.deny: ${ORIGIN.address4}/32 added\n`);
    expect(await ask()).not.toBe(BACKBONE.server4);
    lab.writeServerConfig(keys);
    server.kill('SIGHUP');
    await waitUntil('it is allowed again', async () => (await ask()) === BACKBONE.server4);
    await stopCleanly(router);
  });
});
