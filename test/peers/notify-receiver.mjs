// Stands in for an init system: prints every datagram that comes to the unix socket named in argv, one line each.
// ../support/notify-receiver.ts is its other half.
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM } from '../../src/linux/constants.ts';
import { check, rawBind, rawRecv, socket } from '../../src/linux/libc.ts';

const name = Buffer.from(`${process.argv[2]}\0`);
const address = Buffer.alloc(2 + name.length);
address.writeUInt16LE(AF_UNIX, 0);
name.copy(address, 2);
const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
check(rawBind(fd, address, address.length), () => 'bind');
process.stdout.write('listening\n');
const datagram = Buffer.alloc(4096);
for (;;) {
  // Blocks: nothing else is to be done here, and a signal ends it all the same.
  const bytes = rawRecv(fd, datagram, datagram.length, 0);
  if (bytes < 0) break;
  process.stdout.write(`${process.hrtime.bigint() / 1_000_000n} ${datagram.toString('utf8', 0, bytes)}\n`);
}
