import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  parseCpuSeconds,
  parseCpuTime,
  parseInterfaceBytes,
  parseMptcpCounters,
  readCpuSeconds,
  readInterfaceBytes,
} from './proc-files.ts';

test('bytes of interfaces, with and without room after the colon', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       2    0    0    0     0          0         0      200       2    0    0    0     0       0          0
  wan1:98765432109 700 0 0 0 0 0 0 12345 600 0 0 0 0 0 0
`;
  expect(parseInterfaceBytes(text)).toEqual(
    new Map([
      ['lo', { rxBytes: 100, txBytes: 200 }],
      ['wan1', { rxBytes: 98765432109, txBytes: 12345 }],
    ]),
  );
});

test('MPTCP counters by name; a kernel without MPTCP has none', () => {
  const text = 'TcpExt: A B\nTcpExt: 1 2\nMPTcpExt: MPCapableSYNRX MPJoinAckRx\nMPTcpExt: 3 1\n';
  expect(parseMptcpCounters(text)).toEqual(
    new Map([
      ['MPCapableSYNRX', 3],
      ['MPJoinAckRx', 1],
    ]),
  );
  expect(parseMptcpCounters('TcpExt: A\nTcpExt: 1\n').size).toBe(0);
});

test('CPU seconds, also of a program with a nasty name', () => {
  expect(parseCpuSeconds('12 (a) b c) S 1 2 3 4 5 6 7 8 9 10 250 150 0 0')).toBe(4);
});

test('the files of this machine can be read', () => {
  expect(readInterfaceBytes(process.pid).has('lo')).toBe(true);
  expect(readCpuSeconds(process.pid)).toBeGreaterThanOrEqual(0);
  expect(parseCpuSeconds(readFileSync('/proc/self/stat', 'utf8'))).not.toBeNaN();
});

test('user and system time stand behind the name, whatever that is', () => {
  const stat = '42 (a b) c) S 1 42 42 0 -1 4194560 900 0 0 0 150 275 0 0 20 0 1 0 100 0 0';
  expect(parseCpuTime(stat)).toEqual({ user: 1.5, system: 2.75 });
});
