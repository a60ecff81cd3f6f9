// Whether the kernel has memory left for TCP: without, every transfer of the machine crawls, and nothing tells why.
import { readFileSync } from 'node:fs';
import { WanbondError } from '../src/base/error.ts';
import { readSysctl } from '../src/linux/sysctl.ts';

/** @throws WanbondError `tcp-memory-pressure` */
export function requireTcpMemory(): void {
  const used = parseUsedPages(readFileSync('/proc/net/sockstat', 'utf8'));
  const pressure = parsePressurePages(readSysctl('net.ipv4.tcp_mem') ?? '');
  if (used < pressure) return;
  throw new WanbondError({
    code: 'tcp-memory-pressure',
    message: `the kernel counts ${used} pages of TCP memory in use, and holds all connections back from ${pressure} on (net.ipv4.tcp_mem)`,
    hint: 'End what uses it; where no connection is open it has leaked: reboot, or raise net.ipv4.tcp_mem.',
  });
}

/** Of /proc/net/sockstat: the same for every network namespace. */
export function parseUsedPages(sockstat: string): number {
  return field(/^TCP:.* mem (\d+)$/m, sockstat);
}

/** The second of the three numbers: from there on buffers no longer grow (Documentation/networking/ip-sysctl.rst). */
export function parsePressurePages(tcpMem: string): number {
  return field(/^\d+\s+(\d+)\s+\d+/, tcpMem);
}

function field(pattern: RegExp, text: string): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`no ${pattern} in ${text}`);
  return Number(found);
}
