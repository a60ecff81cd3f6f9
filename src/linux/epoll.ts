// epoll with edge-triggered registration; the 64-bit user data carries the fd and a generation.
import { arch } from 'node:process';
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL } from './constants.ts';
import { EINTR, ENOMEM, ENOSPC, SyscallError } from './errno.ts';
import { check, close, errno, rawEpollCreate1, rawEpollCtl, rawEpollWait } from './libc.ts';

const EPOLL_CLOEXEC = 0o2000000;
// struct epoll_event is packed on x86-64 only (include/uapi/linux/eventpoll.h, EPOLL_PACKED).
const DATA_OFFSET = arch === 'x64' ? 4 : 8;
const EVENT_BYTES = DATA_OFFSET + 8;

export class Epoll {
  readonly fd: number = check(rawEpollCreate1(EPOLL_CLOEXEC), () => 'epoll_create1(EPOLL_CLOEXEC)');
  private readonly events: Buffer;
  private readonly view: DataView;
  private readonly change = Buffer.alloc(EVENT_BYTES);
  private readonly maxEvents: number;

  constructor(maxEvents: number) {
    this.maxEvents = maxEvents;
    this.events = Buffer.alloc(EVENT_BYTES * maxEvents);
    this.view = new DataView(this.events.buffer, this.events.byteOffset, this.events.byteLength);
  }

  /** False when the kernel is out of memory or of watches for this user (fs.epoll.max_user_watches). */
  add(fd: number, events: number, generation: number): boolean {
    this.change.writeUInt32LE(events >>> 0, 0);
    this.change.writeInt32LE(fd, DATA_OFFSET);
    this.change.writeUInt32LE(generation, DATA_OFFSET + 4);
    if (rawEpollCtl(this.fd, EPOLL_CTL_ADD, fd, this.change) === 0) return true;
    if (errno() === ENOMEM || errno() === ENOSPC) return false;
    throw new SyscallError(`epoll_ctl(ADD, ${fd})`, errno());
  }

  remove(fd: number): void {
    check(rawEpollCtl(this.fd, EPOLL_CTL_DEL, fd, null), () => `epoll_ctl(DEL, ${fd})`);
  }

  /** How many events are ready, 0 on time-out; the wait is uninterruptible for JavaScript. */
  wait(timeoutMs: number): number {
    const count = rawEpollWait(this.fd, this.events, this.maxEvents, timeoutMs);
    if (count >= 0) return count;
    if (errno() === EINTR) return 0;
    throw new SyscallError(`epoll_wait(${this.fd})`, errno());
  }

  eventsAt(index: number): number {
    return this.view.getUint32(index * EVENT_BYTES, true);
  }
  fdAt(index: number): number {
    return this.view.getInt32(index * EVENT_BYTES + DATA_OFFSET, true);
  }
  generationAt(index: number): number {
    return this.view.getUint32(index * EVENT_BYTES + DATA_OFFSET + 4, true);
  }

  close(): void {
    close(this.fd);
  }
}
