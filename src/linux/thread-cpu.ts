// CPU time of the calling thread, user and system apart (getrusage(2), RUSAGE_THREAD).
import { check, rawGetrusage } from './libc.ts';

const RUSAGE_THREAD = 1;
// struct rusage starts with ru_utime and ru_stime, each {s64 seconds, s64 microseconds}.
const usage = Buffer.alloc(144);

export interface ThreadCpu {
  readonly userSeconds: number;
  readonly systemSeconds: number;
}

export function threadCpu(): ThreadCpu {
  check(rawGetrusage(RUSAGE_THREAD, usage), () => 'getrusage(RUSAGE_THREAD)');
  const at = (offset: number) =>
    Number(usage.readBigInt64LE(offset)) + Number(usage.readBigInt64LE(offset + 8)) / 1e6;
  return { userSeconds: at(0), systemSeconds: at(16) };
}
