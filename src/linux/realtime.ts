// Real-time priority for the calling thread, for loops whose lateness is part of what they measure.
import koffi from 'koffi';
import { errnoName } from './errno.ts';
import { errno } from './libc.ts';

// include/uapi/linux/sched.h
const SCHED_FIFO = 1;
const SCHED_RESET_ON_FORK = 0x40000000;

/** SCHED_FIFO with `priority` (1 to 99) for this thread, not its children; undefined, or why the kernel refused. */
export function raiseToRealtime(priority: number): string | undefined {
  const setScheduler: (pid: number, policy: number, parameter: Uint8Array) => number = koffi
    .load(null)
    .func('int sched_setscheduler(int, int, void *)');
  const parameter = Buffer.alloc(4);
  parameter.writeInt32LE(priority);
  return setScheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, parameter) === 0 ? undefined : errnoName(errno());
}
