// Numbers of file descriptors that openings keep free for the socket that they will want: lent out and taken back, as taking and
// closing one each time costs two system calls for a connection, and nearly none of them is ever needed.
import { close } from '../linux/libc.ts';
import { NO_SPARE_FD, takeSpareFd } from '../linux/spare-fd.ts';

// What more openings leave behind at once is closed.
const KEPT_IDLE = 64;

export class SpareFds {
  private readonly idle: number[] = [];
  /** The fewest that were idle since the last `trim`. */
  private leastIdle = 0;

  /** Negative when none is left. */
  take(): number {
    const fd = this.idle.pop() ?? takeSpareFd();
    if (this.idle.length < this.leastIdle) this.leastIdle = this.idle.length;
    return fd;
  }

  /** Takes one back that was not needed; nothing for NO_SPARE_FD. */
  give(fd: number): void {
    if (fd === NO_SPARE_FD) return;
    if (this.idle.length < KEPT_IDLE) this.idle.push(fd);
    else close(fd);
  }

  /** Called about once a second: closes what nobody wanted since. */
  trim(): void {
    for (const fd of this.idle.splice(0, this.leastIdle)) close(fd);
    this.leastIdle = this.idle.length;
  }

  /** Closes the idle ones: their numbers are wanted now. */
  shrink(): void {
    for (const fd of this.idle.splice(0)) close(fd);
    this.leastIdle = 0;
  }
}
