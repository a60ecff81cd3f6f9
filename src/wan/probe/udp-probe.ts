// The UDP socket of one probed path: sends requests to the server, and hands on what is really its answer.
import { familyOf } from '../../base/address.ts';
import type { ConvertProtocol } from '../../config/server-protocol.ts';
import { MSG_DONTWAIT } from '../../linux/constants.ts';
import { ECONNREFUSED } from '../../linux/errno.ts';
import { close, errno, rawRecv, rawSend } from '../../linux/libc.ts';
import { openPinnedUdp, pathMtuBytes } from '../../linux/udp.ts';
import type { Loop } from '../../relay/loop/loop.ts';
import { createProbeClient, PROBE_BYTES, type ProbeClient, type ProbeReply } from '../../transport/probe.ts';
import type { ProbePath } from './probe-path.ts';

export interface UdpProbeHandlers {
  onReply(reply: ProbeReply): void;
  /** The host of the server answers that nobody listens (ICMP). */
  onRefused(): void;
}

export class UdpProbe {
  readonly #loop: Loop;
  readonly #path: ProbePath;
  readonly #handlers: UdpProbeHandlers;
  readonly #client: ProbeClient;
  readonly #buffer = Buffer.alloc(PROBE_BYTES + 1);
  #fd = -1;

  constructor(
    loop: Loop,
    path: ProbePath,
    { id, keyId, key }: Omit<ConvertProtocol, 'key'> & { readonly key: Uint8Array },
    handlers: UdpProbeHandlers,
  ) {
    this.#loop = loop;
    this.#path = path;
    this.#handlers = handlers;
    this.#client = createProbeClient(id, { id: keyId, psk: key });
  }

  /** What cannot be sent stays unanswered, which is all that has to be known. */
  send(sequence: number): void {
    if (this.#fd < 0) this.#open();
    if (this.#fd < 0) return;
    const request = this.#client.request(sequence);
    if (rawSend(this.#fd, request, request.length, MSG_DONTWAIT) < 0) this.close();
  }

  get pathMtuBytes(): number | undefined {
    return this.#fd < 0 ? undefined : pathMtuBytes(this.#fd, familyOf(this.#path.from));
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#loop.forget(this.#fd);
    close(this.#fd);
    this.#fd = -1;
  }

  #open(): void {
    const { to, from, device } = this.#path;
    const fd = openPinnedUdp(to, from, device);
    if (fd < 0) return;
    this.#fd = fd;
    this.#loop.watch(fd, { onEvents: () => this.#receive() });
  }

  #receive(): void {
    while (this.#fd >= 0) {
      const length = rawRecv(this.#fd, this.#buffer, this.#buffer.length, MSG_DONTWAIT);
      if (length < 0) {
        // An ICMP error shows as a failed read and is gone with it; others say less, and the probe is lost in time.
        if (errno() === ECONNREFUSED) this.#handlers.onRefused();
        return;
      }
      const reply = this.#client.parseReply(this.#buffer.subarray(0, length));
      if (reply) this.#handlers.onReply(reply);
    }
  }
}
