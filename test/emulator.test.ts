// The link emulator between two network namespaces: delay, rate, loss, carrier, changes at run time, and its end.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../src/lab/emulator/handle.ts';
import type { LinkSpec } from '../src/lab/emulator/spec.ts';
import { parseWan } from '../src/lab/wan-spec.ts';

const NEAR = `wbemu-a-${process.pid}`;
const FAR = `wbemu-b-${process.pid}`;
const NEAR_ADDRESS = '192.0.2.1';
const FAR_ADDRESS = '192.0.2.2';
const WAN = parseWan('50mbit,delay=20ms');

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8', stdio: 'pipe' });

function link(): LinkSpec {
  const ends = { a: { netns: NEAR, device: 'wan1' }, b: { netns: FAR, device: 'wan1' } };
  return { name: 'wan1', ...ends, aToB: WAN, bToA: WAN };
}

interface IpLink {
  readonly ifname: string;
  readonly flags: string[];
  readonly txqlen: number;
  readonly mtu: number;
}

function device(netns: string): IpLink | undefined {
  return (JSON.parse(ip('-n', netns, '-j', 'link')) as IpLink[]).find(({ ifname }) => ifname === 'wan1');
}

/** A Node program in a namespace; its arguments are in process.argv from 1 on. */
function program(netns: string, code: string, ...args: string[]): ChildProcess {
  return spawn('ip', ['netns', 'exec', netns, process.execPath, '-e', code, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Everything a program prints until it ends, or until `until` is seen. */
function output(child: ChildProcess, until?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (until !== undefined && text.includes(until)) resolve(text);
    });
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
}

// Reads for a second, then counts for as long as it is told, and prints bits per second.
const RECEIVER = `
  const [, address, seconds] = process.argv;
  const server = require('net').createServer((socket) => {
    let bytes = 0;
    socket.on('data', (data) => { bytes += data.length; }).on('error', () => {});
    setTimeout(() => {
      const fromBytes = bytes, fromMs = performance.now();
      setTimeout(() => {
        console.log(String((bytes - fromBytes) * 8000 / (performance.now() - fromMs)));
        process.exit();
      }, seconds * 1000);
    }, 1500);
  });
  server.listen(5001, address, () => console.log('listening'));`;
const SENDER = `
  const socket = require('net').connect(5001, process.argv[1]);
  const chunk = Buffer.alloc(65536);
  const fill = () => { while (socket.write(chunk)); };
  socket.on('connect', fill).on('drain', fill).on('error', () => process.exit()).on('close', () => process.exit());`;
const UDP_RECEIVER = `
  const socket = require('dgram').createSocket('udp4');
  let count = 0, quiet;
  socket.on('message', () => {
    count++;
    clearTimeout(quiet);
    quiet = setTimeout(() => { console.log('got=' + count); process.exit(); }, 1000);
  });
  socket.bind(5002, process.argv[1], () => console.log('listening'));`;
const UDP_SENDER = `
  const [, address, total] = process.argv;
  const socket = require('dgram').createSocket('udp4');
  let sent = 0;
  setInterval(() => {
    for (let i = 0; i < 10 && sent < total; i++, sent++) socket.send(Buffer.alloc(200), 5002, address);
    if (sent >= total) setTimeout(() => process.exit(), 100);
  }, 5);`;

const ECHO = `
  const socket = require('dgram').createSocket('udp4');
  socket.on('message', (data, peer) => socket.send(data, peer.port, peer.address));
  socket.bind(5003, process.argv[1], () => console.log('listening'));`;
const ECHO_CLIENT = `
  const [, address, total] = process.argv;
  const socket = require('dgram').createSocket('udp4');
  const rtts = [];
  let sent = 0;
  socket.on('message', (data) => rtts.push(performance.now() - Number(data.toString())));
  const timer = setInterval(() => {
    if (sent++ < total) return void socket.send(String(performance.now()), 5003, address);
    clearInterval(timer);
    setTimeout(() => {
      console.log(JSON.stringify(rtts.sort((a, b) => a - b)));
      process.exit();
    }, 300);
  }, 20);`;

async function goodputBps(from: string, to: string, toAddress: string): Promise<number> {
  const receiver = program(to, RECEIVER, toAddress, '4');
  await output(receiver, 'listening');
  const result = output(receiver);
  const sender = program(from, SENDER, toAddress);
  try {
    return Number((await result).trim());
  } finally {
    sender.kill();
  }
}

/** Round-trip times of `count` datagrams, 20 ms apart, sorted; those without an answer are missing. */
async function roundTripsMs(count: number): Promise<number[]> {
  const echo = program(FAR, ECHO, FAR_ADDRESS);
  try {
    await output(echo, 'listening');
    return JSON.parse(await output(program(NEAR, ECHO_CLIENT, FAR_ADDRESS, String(count)))) as number[];
  } finally {
    echo.kill();
  }
}

describe('link emulator', () => {
  let emulator: Emulator;

  beforeAll(async () => {
    for (const netns of [NEAR, FAR]) ip('netns', 'add', netns);
    emulator = await startEmulator([link()]);
    ip('-n', NEAR, 'address', 'add', `${NEAR_ADDRESS}/24`, 'dev', 'wan1');
    ip('-n', FAR, 'address', 'add', `${FAR_ADDRESS}/24`, 'dev', 'wan1');
  });

  afterAll(async () => {
    await emulator?.stop();
    for (const netns of [NEAR, FAR]) {
      try {
        ip('netns', 'delete', netns);
      } catch {
        // It was never made.
      }
    }
  });

  it('makes both devices, up and with the queue asked for', () => {
    for (const netns of [NEAR, FAR]) {
      expect(device(netns)).toMatchObject({ txqlen: 2000, mtu: 1500 });
      expect(device(netns)?.flags).toEqual(expect.arrayContaining(['UP', 'LOWER_UP']));
    }
  });

  it('delays each direction by the set time', async () => {
    const rttsMs = await roundTripsMs(101);
    expect(rttsMs).toHaveLength(101);
    expect(rttsMs[0]).toBeGreaterThanOrEqual(40);
    expect(rttsMs[50]).toBeLessThan(60);
  });

  it.each([
    ['a to b', NEAR, FAR, FAR_ADDRESS],
    ['b to a', FAR, NEAR, NEAR_ADDRESS],
  ])('carries TCP at the set rate, %s', async (_, from, to, toAddress) => {
    // 52 bytes of each packet of 1500 are headers.
    const share = (await goodputBps(from, to, toAddress)) / (WAN.rateBps * (1448 / 1500));
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(1.02);
  });

  it('loses the set share of datagrams, in the direction it was set for', async () => {
    await emulator.stats();
    await emulator.set('wan1', { lossRatio: 0.1 }, 'aToB');
    const receiver = program(FAR, UDP_RECEIVER, FAR_ADDRESS);
    await output(receiver, 'listening');
    const result = output(receiver);
    await output(program(NEAR, UDP_SENDER, FAR_ADDRESS, '2000'));
    const received = Number(/got=(\d+)/.exec(await result)?.[1]);
    await emulator.set('wan1', { lossRatio: 0 });
    expect(received / 2000).toBeGreaterThan(0.86);
    expect(received / 2000).toBeLessThan(0.94);
    const { wan1 } = await emulator.stats();
    expect(wan1?.aToB.lossDrops).toBeGreaterThanOrEqual(2000 - received);
    expect(wan1?.bToA.lossDrops).toBe(0);
    expect(wan1?.aToB.lateness?.p50Ms).toBeLessThan(15);
  });

  it('swallows everything at loss 1 while the carrier stays, and goes on afterwards', async () => {
    await emulator.set('wan1', { lossRatio: 1 });
    expect(await roundTripsMs(10)).toHaveLength(0);
    expect(device(NEAR)?.flags).toContain('LOWER_UP');
    await emulator.set('wan1', { lossRatio: 0, delayMs: 5 });
    const rttsMs = await roundTripsMs(21);
    expect(rttsMs[10]).toBeGreaterThanOrEqual(10);
    expect(rttsMs[10]).toBeLessThan(30);
    await emulator.set('wan1', { delayMs: WAN.delayMs });
  });

  it('takes the carrier away at both ends or at one, and gives it back', async () => {
    await emulator.carrier('wan1', false);
    await expect.poll(() => device(NEAR)?.flags).toContain('NO-CARRIER');
    await expect.poll(() => device(FAR)?.flags).toContain('NO-CARRIER');
    await emulator.carrier('wan1', true, 'b');
    await expect.poll(() => device(FAR)?.flags).toContain('LOWER_UP');
    expect(device(NEAR)?.flags).toContain('NO-CARRIER');
    await emulator.carrier('wan1', true);
    await expect.poll(() => device(NEAR)?.flags).toContain('LOWER_UP');
    expect(await roundTripsMs(5)).toHaveLength(5);
  });

  it('refuses a command that makes no sense and goes on', async () => {
    await expect(emulator.carrier('wan9', false)).rejects.toThrow(/no link "wan9".*wan1/);
    await expect(emulator.set('wan1', { lossRatio: 2 })).rejects.toThrow(/lossRatio/);
    expect(await emulator.stats()).toHaveProperty('wan1');
  });

  it('says why it cannot start', async () => {
    await expect(startEmulator([link()])).rejects.toThrow(/wan1.*File exists/);
    expect(device(NEAR)?.flags).toContain('LOWER_UP');
  });

  it('ends within a second of SIGTERM, and the devices with it', async () => {
    const startMs = performance.now();
    process.kill(emulator.pid as number, 'SIGTERM');
    await emulator.ended;
    expect(performance.now() - startMs).toBeLessThan(1000);
    await expect.poll(() => device(NEAR)).toBeUndefined();
    expect(device(FAR)).toBeUndefined();
    await expect(emulator.stats()).rejects.toThrow(/has ended/);
  });

  it('ends when its stdin does', async () => {
    const other = await startEmulator([link()]);
    expect(device(NEAR)).toBeDefined();
    const startMs = performance.now();
    await other.stop();
    expect(performance.now() - startMs).toBeLessThan(1000);
    await expect.poll(() => device(NEAR)).toBeUndefined();
  });
});
