// The main thread's handle to the kernel's events: links, addresses, routes and rules.
//
// Events say that something changed, not how things are: the kernel keeps quiet about IPv4 routes that go with their
// interface. Start the monitor, read everything once (readLinks), and read it again after each batch and overrun.
import { Worker } from 'node:worker_threads';
import { builtProgram } from '../../base/package-files.ts';
import { describe, WanbondError } from '../../base/error.ts';
import { within } from '../../base/within.ts';
import { EFD_CLOEXEC, EFD_NONBLOCK } from '../constants.ts';
import { close, eventfd, rawWrite } from '../libc.ts';
import * as abi from './abi.ts';
import type { RouteNetlinkEvent } from './codec.ts';
import type { FromMonitor, MonitorSpec } from './monitor-spec.ts';
import { joinGroup, openNetlink, setReceiveBuffer } from './socket.ts';

const ROUTE_GROUPS = [
  abi.RTNLGRP_LINK,
  abi.RTNLGRP_IPV4_IFADDR,
  abi.RTNLGRP_IPV6_IFADDR,
  abi.RTNLGRP_IPV4_ROUTE,
  abi.RTNLGRP_IPV6_ROUTE,
  abi.RTNLGRP_IPV4_RULE,
  abi.RTNLGRP_IPV6_RULE,
];
// A link message takes up 4 kB of it: about 250 of them, or 1,000 routes, between two turns of the worker.
const RECEIVE_BUFFER_BYTES = 1 << 20;
const STOP_TIMEOUT_MS = 3000;
const YOUNG_GENERATION_MB = 1;
const WAKE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

export interface LinkMonitorOptions {
  /** In the kernel's order. */
  onEvents(events: readonly RouteNetlinkEvent[]): void;
  /** Events were lost: read everything anew. */
  onOverrun(): void;
  /** The monitor has ended by itself; nothing more will come. */
  onFatal(error: WanbondError): void;
  /** Names of interfaces whose lost carrier must be known at once: the kernel may take a second to tell. */
  readonly carrierOf?: readonly string[];
  readonly receiveBufferBytes?: number;
}

export interface LinkMonitor {
  /** Ends the thread and closes its sockets; nothing is called afterwards. False when it did not end in time. */
  stop(): Promise<boolean>;
}

/** Resolves when no event can be missed any more. The monitor does not keep the process alive. */
export async function startLinkMonitor(options: LinkMonitorOptions): Promise<LinkMonitor> {
  const sockets = openSockets(options);
  const worker = new Worker(builtProgram('monitor-worker'), {
    workerData: sockets.spec,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    name: 'link-monitor',
  });
  const wake = (): unknown => rawWrite(sockets.spec.stopFd, WAKE, WAKE.length);
  // The end of the process waits for its threads, and this one may sit in poll(2) for a second.
  process.once('exit', wake);
  let isStopping = false;
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      process.removeListener('exit', wake);
      closeAll(sockets.fds);
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    let isReady = false;
    const onEnd = (error: unknown): void => {
      if (!isReady) reject(monitorEnded(error));
      else if (!isStopping) options.onFatal(monitorEnded(error));
      isStopping = true;
    };
    worker.on('message', (message: FromMonitor) => {
      if (message.kind === 'ready') {
        isReady = true;
        resolve();
      } else if (isStopping) return;
      else if (message.kind === 'events') options.onEvents(message.events);
      else options.onOverrun();
    });
    worker.on('error', onEnd);
    worker.on('exit', onEnd);
  });
  worker.unref();

  return {
    stop: () => {
      if (!isStopping) wake();
      isStopping = true;
      worker.ref();
      return within(ended, STOP_TIMEOUT_MS);
    },
  };
}

interface Sockets {
  readonly spec: MonitorSpec;
  readonly fds: readonly number[];
}

/** Here and not in the worker: events count from now on, and what the kernel refuses is thrown to the caller. */
function openSockets(options: LinkMonitorOptions): Sockets {
  const fds: number[] = [];
  const keep = (fd: number): number => {
    fds.push(fd);
    setReceiveBuffer(fd, options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES);
    return fd;
  };
  try {
    const routeFd = keep(openNetlink(abi.NETLINK_ROUTE));
    for (const group of ROUTE_GROUPS) joinGroup(routeFd, group);
    const askFd = keep(openNetlink(abi.NETLINK_ROUTE));
    const stopFd = eventfd(EFD_NONBLOCK | EFD_CLOEXEC);
    fds.push(stopFd);
    return { spec: { stopFd, routeFd, askFd, carrierOf: options.carrierOf ?? [] }, fds };
  } catch (error) {
    closeAll(fds);
    throw error;
  }
}

function closeAll(fds: readonly number[]): void {
  for (const fd of fds) close(fd);
}

function monitorEnded(error: unknown): WanbondError {
  if (error instanceof WanbondError) return error;
  const why = typeof error === 'number' ? `its thread ended (${error})` : describe(error);
  return new WanbondError({
    code: 'link-monitor-ended',
    message: `kernel events are not followed any more: ${why}`,
    hint: 'Restart the daemon; if it happens again, report this line as a bug.',
    cause: error,
  });
}
