// Questions to the kernel over netlink: one with one answer, or a dump of everything of a kind.
import { WanbondError } from '../../base/error.ts';
import { EAGAIN, SyscallError } from '../errno.ts';
import { check, close, rawSend } from '../libc.ts';
import * as abi from './abi.ts';
import type { NetlinkRequest } from './codec.ts';
import { encodeMessage, type NetlinkMessage, readDone, readFailure, readMessages } from './message.ts';
import { openNetlink, type Receiver } from './socket.ts';

// The kernel says when something changed in the middle of a dump; on a host that changes all the time we give in.
const MAX_ATTEMPTS = 5;

let sequence = 0;

/** Sends one request and gives every message of the answer to `visit`; false when a dump was disturbed. */
function ask(
  fd: number,
  { type, flags: own = 0, body }: NetlinkRequest,
  kind: number,
  receiver: Receiver,
  visit: (message: NetlinkMessage) => void,
): boolean {
  sequence = (sequence + 1) >>> 0;
  const bytes = encodeMessage({ type, flags: abi.NLM_F_REQUEST | kind | own, sequence, body });
  check(rawSend(fd, bytes, bytes.length, 0), () => `send(${fd}, netlink request ${type})`);
  let isWhole = true;
  for (;;) {
    const received = receiver.receive(fd);
    if (received === 'empty') throw new SyscallError(`netlink request ${type} (no end)`, EAGAIN);
    if (received === 'overrun') return false;
    for (const message of readMessages(received)) {
      if (message.sequence !== sequence) continue;
      if ((message.flags & abi.NLM_F_DUMP_INTR) !== 0) isWhole = false;
      if (message.type === abi.NLMSG_ERROR) fail(type, readFailure(message));
      if (message.type === abi.NLMSG_DONE) {
        fail(type, { errno: readDone(message), words: undefined });
        return isWhole;
      }
      visit(message);
      if ((kind & abi.NLM_F_DUMP) === 0) return isWhole;
    }
  }
}

function fail(type: number, { errno: failure, words }: ReturnType<typeof readFailure>): void {
  if (failure === 0) return;
  throw new SyscallError(`netlink request ${type}${words === undefined ? '' : ` ("${words}")`}`, failure);
}

/** One request with one answer. @throws SyscallError for the kernel's refusal */
export function request<T>(
  fd: number,
  asked: NetlinkRequest,
  read: (message: NetlinkMessage) => T | undefined,
  receiver: Receiver,
): T | undefined {
  let result: T | undefined;
  ask(fd, asked, 0, receiver, (message) => (result = read(message)));
  return result;
}

/** One change, acknowledged. @throws SyscallError for the kernel's refusal */
export function order(fd: number, asked: NetlinkRequest, receiver: Receiver): void {
  ask(fd, asked, abi.NLM_F_ACK, receiver, () => undefined);
}

/**
 * Everything of one kind, as it was at one moment. @param protocol NETLINK_ROUTE or NETLINK_GENERIC
 * @throws SyscallError, WanbondError `netlink-unsteady`
 */
export function dump<T>(
  asked: NetlinkRequest,
  read: (message: NetlinkMessage) => T | undefined,
  receiver: Receiver,
  protocol: number = abi.NETLINK_ROUTE,
): T[] {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    // A socket for each: a dump that was given up leaves the rest of its answer behind.
    const fd = openNetlink(protocol);
    try {
      const found: T[] = [];
      const isWhole = ask(fd, asked, abi.NLM_F_DUMP, receiver, (message) => {
        const one = read(message);
        if (one !== undefined) found.push(one);
      });
      if (isWhole) return found;
    } finally {
      close(fd);
    }
  }
  throw new WanbondError({
    code: 'netlink-unsteady',
    message: `the interfaces, addresses or routes of this host changed ${MAX_ATTEMPTS} times while they were read`,
    hint: 'It is tried again with the next change; if this goes on, find what changes them: ip monitor.',
  });
}
