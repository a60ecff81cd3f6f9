// Notices a lost carrier before the kernel tells of it.
//
// The kernel tells of a lost carrier at once, unless it told of another within the last second: then it waits for that
// second to end, for all interfaces and network namespaces together (net/core/link_watch.c). Exempt are a carrier that
// comes back and interfaces on top of others (veth, VLAN, ports of a bond), never a cable or a modem. The carrier itself
// is up to date all the time, for those who ask.
import { ENODEV, SyscallError } from '../errno.ts';
import { check, rawSend } from '../libc.ts';
import * as abi from './abi.ts';
import { linkRequest } from './codec.ts';
import { type LinkEvent, readLink } from './link-message.ts';
import { encodeMessage, type NetlinkMessage, readFailure, readMessages } from './message.ts';
import type { Receiver } from './socket.ts';

// Between two looks, within a second after any event of a link: when the kernel may keep quiet.
const ALERT_LOOK_MS = 10;
// At other times: for events of other namespaces, and of interfaces that are down, which we are not told of.
const CALM_LOOK_MS = 50;
// The kernel's second, and the round after it.
const ALERT_MS = 1200;
// struct ifinfomsg: the flags.
const FLAGS_OFFSET = 8;

interface Watched {
  readonly request: Buffer;
  readonly sequence: number;
  /** Undefined while there is no such interface. */
  hasCarrier: boolean | undefined;
}

export class CarrierWatch {
  readonly #fd: number;
  readonly #receiver: Receiver;
  readonly #watched: readonly Watched[];
  #alertUntilMs = 0;

  /** @param askFd a netlink socket for the questions alone */
  constructor(askFd: number, carrierOf: readonly string[], receiver: Receiver) {
    this.#fd = askFd;
    this.#receiver = receiver;
    this.#watched = carrierOf.map((name, i) => {
      const sequence = i + 1;
      // The same bytes each time: at 100 looks a second their making would be most of the cost.
      const request = encodeMessage({ ...linkRequest(name), flags: abi.NLM_F_REQUEST, sequence });
      return { request, sequence, hasCarrier: undefined };
    });
    this.look();
  }

  /** Until the next look; undefined when nothing is watched. */
  get waitMs(): number | undefined {
    if (this.#watched.length === 0) return undefined;
    return performance.now() < this.#alertUntilMs ? ALERT_LOOK_MS : CALM_LOOK_MS;
  }

  /** An event of a link has come: for a second the kernel may keep others back. */
  alert(): void {
    this.#alertUntilMs = performance.now() + ALERT_MS;
  }

  /** The interfaces whose carrier is another than at the last look, as they are now. */
  look(): LinkEvent[] {
    const changed: LinkEvent[] = [];
    for (const one of this.#watched) {
      const answer = this.#ask(one);
      if (!answer) continue;
      const before = one.hasCarrier;
      // One that came or went is told by the kernel at once.
      one.hasCarrier = readCarrier(answer);
      if (before === undefined || one.hasCarrier === undefined || before === one.hasCarrier) continue;
      const event = readLink(answer);
      if (event) changed.push(event);
    }
    if (changed.length > 0) this.alert();
    return changed;
  }

  /** Undefined when the kernel had no room for its answer: the next look asks again. */
  #ask({ request, sequence }: Watched): NetlinkMessage | undefined {
    check(rawSend(this.#fd, request, request.length, 0), () => `send(${this.#fd}, RTM_GETLINK)`);
    for (;;) {
      const received = this.#receiver.receive(this.#fd);
      if (received === 'empty') return undefined;
      if (received === 'overrun') continue;
      const answer = readMessages(received).find((message) => message.sequence === sequence);
      if (answer) return answer;
    }
  }
}

/** Up and with carrier; undefined when there is no such interface. @throws SyscallError for any other refusal */
function readCarrier({ type, flags, sequence, body }: NetlinkMessage): boolean | undefined {
  if (type === abi.RTM_NEWLINK && body.length >= abi.IFINFOMSG_BYTES) {
    return (body.readUInt32LE(FLAGS_OFFSET) & abi.IFF_LOWER_UP) !== 0;
  }
  const { errno } = readFailure({ type, flags, sequence, body });
  if (errno === ENODEV) return undefined;
  throw new SyscallError('netlink request RTM_GETLINK', errno);
}
