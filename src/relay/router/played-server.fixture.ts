// A server that is played by hand, two WANs that lead to it, and the request that is said to it.
import { parseAddress } from '../../base/address.ts';
import { SOCK_NONBLOCK } from '../../linux/constants.ts';
import { close, rawAccept4, rawRecv, rawSend } from '../../linux/libc.ts';
import { listenOnLoopback } from '../../linux/loopback.fixture.ts';
import { closeWithReset } from '../../linux/sockets.ts';
import type { ClientHandshake, ResumePoint } from '../../transport/handshake.ts';
import { FastOpenTrials } from './fast-open-trials.ts';
import { Loop } from '../loop/loop.ts';
import type { RouterOpeningPlan } from './router-opening-plan.ts';
import type { Candidate, RouterPolicy } from './router-policy.ts';
import { Roster } from '../roster.ts';
import type { YoungFlow } from './young-flow.ts';

const HERE = parseAddress('127.0.0.1');
const WANS = ['wan1', 'wan2'];
const SETTINGS = {
  connectTimeoutMs: 5000,
  handshakeTimeoutMs: 5000,
  earlyDataWaitMs: 0,
  warmMost: 0,
  congestion: { usual: undefined, lossy: undefined },
};

/**
 * Says `0` and the device's bytes, or the number of the attempt; is answered by `y`, `n` or `again`.
 *
 * @param points gets where it was resumed
 */
function handshake(attempt: number, points: ResumePoint[]): ClientHandshake {
  return {
    hello: (early) => Buffer.concat([Buffer.from(String(attempt)), early]),
    receive: (bytes) => {
      const answer = Buffer.from(bytes).toString()[0];
      if (answer === 'y') return { kind: 'established', consumed: 1, families: undefined };
      if (answer === 'n')
        return { kind: 'refused', reason: 'not-authorized', detail: 'past that', retryAfterS: undefined };
      return { kind: answer === 'a' ? 'retry' : 'more' };
    },
    resume: (point) => {
      points.push(point);
      return handshake(point.attempt, points);
    },
  };
}

/** @param silent the WAN that is dead */
export function policyWithout(silent: string): RouterPolicy {
  const wans = WANS.map((name) => ({
    name,
    interface: 'lo',
    sources: [HERE],
    share: 1,
    isSilent: name === silent,
    mayFastOpen: false,
    hedgeDelayMs: 1000,
  }));
  const server = {
    label: 'server',
    addresses: [],
    protocol: { transport: 'convert' },
    takesPipelined: undefined,
  };
  return {
    wans,
    hints: { isLossy: false },
    upstream: { transport: 'servers', servers: [server as never] },
    directWithoutServer: false,
    own: [],
  };
}

/** Its `close` goes behind those of what was made on its loop. */
export function playServer() {
  const { fd: listener, at: to } = listenOnLoopback({ backlog: 4 });
  const loop = new Loop();
  const fds = [listener];
  const turn = (): void => {
    for (let i = 0; i < 5; i++) loop.round(5);
  };
  const candidates = WANS.map(
    (wan): Candidate => ({
      wan,
      device: 'lo',
      from: HERE,
      to,
      mptcp: false,
      server: 'server',
      hedgeDelayMs: 1000,
    }),
  );
  const points: ResumePoint[] = [];
  const plan = {
    settings: SETTINGS,
    target: { address: parseAddress('192.0.2.1'), port: 80 },
    hints: { isLossy: false },
    routes: [{ candidates, handshake: handshake(0, points) }] as const,
    young: new Roster<YoungFlow>(),
    fastOpen: new FastOpenTrials(() => undefined),
  } satisfies RouterOpeningPlan;
  return {
    loop,
    candidates,
    plan,
    /** Where flows have asked to go on. */
    points,
    turn,
    /** The next connection; negative when there is none. */
    accept: (): number => {
      turn();
      const fd = rawAccept4(listener, null, null, SOCK_NONBLOCK);
      if (fd >= 0) fds.push(fd);
      return fd;
    },
    read: (fd: number): string => {
      const buffer = Buffer.alloc(100);
      return buffer.toString('latin1', 0, Math.max(0, rawRecv(fd, buffer, buffer.length, 0)));
    },
    write: (fd: number, text: string): void => {
      rawSend(fd, Buffer.from(text), text.length, 0);
      turn();
    },
    drop: (fd: number): void => closeWithReset(fds.splice(fds.indexOf(fd), 1)[0] as number),
    /** Nobody listens there any more. */
    leave: (): void => close(fds.splice(fds.indexOf(listener), 1)[0] as number),
    close: (): void => {
      for (const fd of fds) close(fd);
      loop.close();
    },
  };
}
