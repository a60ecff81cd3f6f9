// TCP segments of our own making over one device: for asking what a network does to MPTCP's options, without an
// endpoint on this host. The kernel sees only a listening socket that takes no packet: without it, it would answer
// the replies with resets.
import koffi from 'koffi';
import { type Address, familyOf } from '../base/address.ts';
import * as c from './constants.ts';
import { SyscallError } from './errno.ts';
import {
  check,
  close,
  errno,
  rawBind,
  rawConnect,
  rawListen,
  rawRecv,
  rawSend,
  rawSetsockopt,
  rawSocket,
} from './libc.ts';
import { encodeSockaddr } from './sockaddr.ts';
import { localAddress } from './sockets.ts';

// include/uapi/asm-generic/socket.h, include/uapi/linux/filter.h
const SO_ATTACH_FILTER = 26;
const SOCK_RAW = 3;
const LOAD_IP_HEADER_LENGTH = 0xb1;
const LOAD_HALF_BEHIND_X = 0x48;
const LOAD_HALF = 0x28;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const WHOLE_PACKET = 0x4_0000;
const DESTINATION_PORT_AT = 2;
const INSTRUCTION_BYTES = 8;
// The largest segment we wait for is a handshake's; more is cut.
const RECEIVE_BYTES = 2048;

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, operand: number];

const program = koffi.struct('wanbond_sock_fprog', { length: 'uint16', filter: 'void *' });
const attach: (fd: number, level: number, option: number, value: object, bytes: number) => number = koffi
  .load(null)
  .func('setsockopt', 'int', ['int', 'int', 'int', koffi.pointer(program), 'uint']);

export interface RawTcpOptions {
  readonly device: string;
  readonly from: Address;
  readonly to: Address;
}

export class RawTcp {
  /** Readable when a segment has come; non-blocking. */
  readonly fd: number;
  /** Reserved for us as long as this is open. */
  readonly port: number;
  private readonly guard: number;
  private readonly isV4: boolean;
  private readonly buffer = Buffer.alloc(RECEIVE_BYTES);

  /** @throws SyscallError, EPERM without CAP_NET_RAW */
  constructor({ device, from, to }: RawTcpOptions) {
    this.isV4 = familyOf(from) === 4;
    const domain = this.isV4 ? c.AF_INET : c.AF_INET6;
    this.guard = openSocket(domain, c.SOCK_STREAM, c.IPPROTO_TCP);
    try {
      bindTo(this.guard, device, from);
      attachFilter(this.guard, [[RETURN, 0, 0, 0]]);
      check(rawListen(this.guard, 1), () => `listen(${this.guard})`);
      this.port = localAddress(this.guard)?.port ?? 0;
      this.fd = openSocket(domain, SOCK_RAW, c.IPPROTO_TCP);
    } catch (error) {
      close(this.guard);
      throw error;
    }
    try {
      attachFilter(this.fd, onlyPort(this.port, this.isV4));
      bindTo(this.fd, device, from);
      const peer = encodeSockaddr({ address: to, port: 0 });
      check(rawConnect(this.fd, peer, peer.length), () => `connect(raw ${this.fd})`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** One TCP segment, header and checksum included. False when the kernel refuses it: as good as lost. */
  send(segment: Uint8Array): boolean {
    return rawSend(this.fd, segment, segment.length, c.MSG_NOSIGNAL) >= 0;
  }

  /** The next segment that came for our port; undefined when there is none. */
  receive(): Buffer | undefined {
    const read = rawRecv(this.fd, this.buffer, this.buffer.length, 0);
    if (read <= 0) return undefined;
    // IPv4 raw sockets show the IP header, those of IPv6 do not.
    const headerBytes = this.isV4 ? ((this.buffer[0] ?? 0) & 0x0f) * 4 : 0;
    return Buffer.from(this.buffer.subarray(headerBytes, read));
  }

  close(): void {
    close(this.fd);
    close(this.guard);
  }
}

function openSocket(domain: number, type: number, protocol: number): number {
  const flags = c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;
  return check(rawSocket(domain, type | flags, protocol), () => `socket(${domain}, ${type}, ${protocol})`);
}

function bindTo(fd: number, device: string, from: Address): void {
  const name = Buffer.from(`${device}\0`);
  check(rawSetsockopt(fd, c.SOL_SOCKET, c.SO_BINDTODEVICE, name, name.length), () => `bind to ${device}`);
  const source = encodeSockaddr({ address: from, port: 0 });
  check(rawBind(fd, source, source.length), () => `bind(${fd})`);
}

function onlyPort(port: number, isV4: boolean): readonly Instruction[] {
  const load: readonly Instruction[] = isV4
    ? [
        [LOAD_IP_HEADER_LENGTH, 0, 0, 0],
        [LOAD_HALF_BEHIND_X, 0, 0, DESTINATION_PORT_AT],
      ]
    : [[LOAD_HALF, 0, 0, DESTINATION_PORT_AT]];
  return [...load, [JUMP_IF_EQUAL, 0, 1, port], [RETURN, 0, 0, WHOLE_PACKET], [RETURN, 0, 0, 0]];
}

function attachFilter(fd: number, instructions: readonly Instruction[]): void {
  const filter = Buffer.alloc(instructions.length * INSTRUCTION_BYTES);
  for (const [i, [code, jumpTrue, jumpFalse, operand]] of instructions.entries()) {
    const at = i * INSTRUCTION_BYTES;
    filter.writeUInt16LE(code, at);
    filter.writeUInt8(jumpTrue, at + 2);
    filter.writeUInt8(jumpFalse, at + 3);
    filter.writeUInt32LE(operand, at + 4);
  }
  const value = { length: instructions.length, filter };
  if (attach(fd, c.SOL_SOCKET, SO_ATTACH_FILTER, value, koffi.sizeof(program)) < 0) {
    throw new SyscallError(`setsockopt(${fd}, SO_ATTACH_FILTER)`, errno());
  }
}
