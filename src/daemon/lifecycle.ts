// The life of a daemon: ready, signals, drain, watchdog, and an end that is quick and certain when something broke.
import { describe } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import { exitNow } from '../linux/libc.ts';
import { notifyInit, watchdogIntervalMs } from '../linux/notify.ts';
import type { ControlRequest } from './control-request.ts';

export const FATAL_EXIT_CODE = 2;

/** What a role gives to the lifecycle once it runs. */
export interface Daemon {
  /** Take no new flows. */
  drain(): void;
  /** Facts and counters, as JSON. */
  status(): unknown;
  /** What it can be asked to do while it runs, by name. */
  readonly requests: Readonly<Record<string, ControlRequest>>;
  /** Flows that are still there. */
  openFlows(): number;
  /** Undo everything; false when a thread did not end, so that an orderly exit would hang. */
  stop(): Promise<boolean>;
  /** The one thing that must happen when everything else is broken: give the LAN back to plain routing. */
  release(): void;
}

/** A daemon that takes over another config while it runs. */
export interface ReloadableDaemon<C> extends Daemon {
  /** All of it but what takes a restart, or nothing. @throws WanbondError when nothing was taken over */
  reconfigure(next: C): void;
}

export interface LifecycleOptions {
  readonly log: Log;
  /** As configured when the end has come. */
  readonly drainTimeoutMs: () => number;
  /** From before the start: a signal in the middle of it must not leave half of it behind. */
  readonly signals: Signals;
  /** For tests: what ends the process at once. */
  readonly exit?: (code: number) => number;
}

const DRAIN_CHECK_MS = 100;
// A connection whose handshake was under way when the drain began is accepted a moment later.
const DRAIN_QUIET_MS = 300;

/** Catches what would otherwise end the process while worker threads sit in system calls. Returns the fatal handler. */
export function guardProcess(log: Log, release: () => void): (error: unknown) => void {
  const onFatal = (error: unknown): void => {
    try {
      release();
      log.fatal({ err: error }, `fatal, ending at once: ${describe(error)}`);
    } finally {
      exitNow(FATAL_EXIT_CODE);
    }
  };
  process.on('uncaughtException', onFatal);
  process.on('unhandledRejection', onFatal);
  return onFatal;
}

/** Runs until a signal has come and the flows have ended. Resolves to the exit code. */
export async function runDaemon(
  daemon: Daemon,
  { log, drainTimeoutMs, signals, exit = exitNow }: LifecycleOptions,
): Promise<number> {
  const watchdog = startWatchdog();
  notifyInit('READY=1');
  log.info('ready');

  const signal = await signals.next();
  notifyInit('STOPPING=1');
  log.info(
    { flows: daemon.openFlows() },
    `${signal}: no new flows; running ones may finish (again: end at once)`,
  );
  try {
    return await end(daemon, { log, drainTimeoutMs, signals, exit }, watchdog);
  } catch (error) {
    // An end that fails halfway must not leave a daemon that takes traffic and listens to no signal any more.
    log.fatal({ err: error }, `the end failed: ${describe(error)}; \`wanbond down\` takes back what is left`);
    daemon.release();
    return exit(FATAL_EXIT_CODE);
  }
}

async function end(
  daemon: Daemon,
  { log, drainTimeoutMs, signals, exit }: Required<LifecycleOptions>,
  watchdog: NodeJS.Timeout | undefined,
): Promise<number> {
  daemon.drain();
  const isDrained = await drained(daemon, drainTimeoutMs(), signals);
  if (!isDrained) log.warn({ flows: daemon.openFlows() }, 'resetting the flows that are left');

  clearInterval(watchdog);
  const isClean = await daemon.stop();
  log.info('stopped');
  return isClean ? 0 : exit(FATAL_EXIT_CODE);
}

export interface Signals {
  /** The next SIGTERM or SIGINT, also one that came before the call. */
  next(): Promise<string>;
}

/** From here on SIGTERM and SIGINT do not end the process by themselves. */
export function countSignals(): Signals {
  const waiting: ((signal: string) => void)[] = [];
  const come: string[] = [];
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      const take = waiting.shift();
      if (take) take(signal);
      else come.push(signal);
    });
  }
  return {
    next: () => {
      const first = come.shift();
      return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}

export interface HangUps {
  /** From here on each SIGHUP calls `onHangUp`, and one that came before does so now. */
  listen(onHangUp: () => void): void;
}

/** From here on SIGHUP does not end the process: it asks for the config to be read again. */
export function countHangUps(): HangUps {
  let hasCome = false;
  let tell = (): void => {
    hasCome = true;
  };
  process.on('SIGHUP', () => tell());
  return {
    listen: (onHangUp) => {
      tell = onHangUp;
      if (hasCome) onHangUp();
    },
  };
}

async function drained(daemon: Daemon, timeoutMs: number, signals: Signals): Promise<boolean> {
  const hurry = new AbortController();
  void signals.next().then(() => hurry.abort());
  const endMs = performance.now() + timeoutMs;
  for (let quiet = 0; performance.now() < endMs && !hurry.signal.aborted; ) {
    quiet = daemon.openFlows() === 0 ? quiet + DRAIN_CHECK_MS : 0;
    if (quiet > DRAIN_QUIET_MS) return true;
    await new Promise((resolve) => {
      setTimeout(resolve, DRAIN_CHECK_MS);
    });
  }
  return daemon.openFlows() === 0;
}

function startWatchdog(): NodeJS.Timeout | undefined {
  const intervalMs = watchdogIntervalMs();
  return intervalMs === undefined ? undefined : setInterval(() => notifyInit('WATCHDOG=1'), intervalMs);
}
