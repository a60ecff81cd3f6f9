// One TCP connection of a join probe: its numbers, what it sends and what came, without a socket of the kernel's.
import { randomBytes } from 'node:crypto';
import type { Address, SocketAddress } from '../../../base/address.ts';
import { RawTcp } from '../../../linux/raw-tcp.ts';
import { ACK, decodeSegment, encodeSegment, RST, type Segment, SYN } from './tcp-segment.ts';

export interface LegOptions {
  readonly device: string;
  readonly from: Address;
  readonly to: SocketAddress;
}

export class Leg {
  readonly #raw: RawTcp;
  readonly #options: LegOptions;
  readonly #initialSequence = randomBytes(4).readUInt32BE();
  /** The next byte expected from the peer; undefined before its SYN+ACK. */
  #expected: number | undefined;

  /** @throws SyscallError */
  constructor(options: LegOptions) {
    this.#options = options;
    this.#raw = new RawTcp({ device: options.device, from: options.from, to: options.to.address });
  }

  get fd(): number {
    return this.#raw.fd;
  }

  sendSyn(options: Buffer): void {
    this.#send(SYN, this.#initialSequence, 0, options);
  }

  /** Only after a SYN+ACK. */
  sendAck(options: Buffer): void {
    this.#send(ACK, this.#initialSequence + 1, this.#expected ?? 0, options);
  }

  reset(options: Buffer): void {
    this.#send(RST | ACK, this.#initialSequence + 1, this.#expected ?? 0, options);
  }

  /** The next segment of this connection: not one of an earlier user of the port. */
  receive(): Segment | undefined {
    for (let bytes = this.#raw.receive(); bytes; bytes = this.#raw.receive()) {
      const segment = decodeSegment(bytes);
      if (!segment || segment.fromPort !== this.#options.to.port) continue;
      if (segment.acknowledgment !== (this.#initialSequence + 1) >>> 0 && !(segment.flags & RST)) continue;
      const isReply = (segment.flags & (SYN | ACK)) === (SYN | ACK);
      if (isReply) this.#expected = (segment.sequence + 1) >>> 0;
      return segment;
    }
    return undefined;
  }

  close(): void {
    this.#raw.close();
  }

  #send(flags: number, sequence: number, acknowledgment: number, options: Buffer): void {
    const { from, to } = this.#options;
    const segment = { fromPort: this.#raw.port, toPort: to.port, sequence, acknowledgment, flags, options };
    // What the kernel refuses to send is as good as lost: the time limit tells.
    this.#raw.send(encodeSegment(segment, from, to.address));
  }
}
