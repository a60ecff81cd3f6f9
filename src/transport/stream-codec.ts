// What an encrypting transport does with the bytes of an established flow, both directions of one upstream.

export interface StreamCodec {
  /** An upper bound of what `seal` writes for so many plain bytes. */
  sealedBytes(plainBytes: number): number;
  /** Writes the sealed form of `plain` to the start of `into`; returns its length. */
  seal(plain: Uint8Array, into: Buffer): number;
  /**
   * Takes the next bytes of the upstream, however they were split; returns the plain bytes that they complete, in order.
   * Undefined, and then for ever, once something was forged or stale: the flow has to be reset.
   */
  open(bytes: Uint8Array): readonly Buffer[] | undefined;
  /** The upstream stops in the middle of something: an end here was not made by the far end. */
  readonly isInside: boolean;
}
