// What happens to the bytes of one direction on their way, where the transport encrypts them.
import type { StreamCodec } from '../../transport/stream-codec.ts';

export interface Coder {
  /** `seal` makes the bytes of a flow ready for the upstream, `open` is its reverse. */
  readonly kind: 'seal' | 'open';
  /**
   * The pieces to send on, in order; they hold until the next call, of whatever coder of the worker. Undefined when the
   * bytes were forged or stale.
   */
  code(bytes: Buffer): readonly Buffer[] | undefined;
  /** An end of the source would cut something off: the far end did not make it. */
  readonly isInside: boolean;
}

/** @param into holds nothing between two calls */
export function sealer(codec: StreamCodec, into: Buffer): Coder {
  return {
    kind: 'seal',
    code: (bytes) => {
      const room = codec.sealedBytes(bytes.length);
      const sealed = room <= into.length ? into : Buffer.allocUnsafe(room);
      return [sealed.subarray(0, codec.seal(bytes, sealed))];
    },
    isInside: false,
  };
}

export function opener(codec: StreamCodec): Coder {
  return {
    kind: 'open',
    code: (bytes) => codec.open(bytes),
    get isInside() {
      return codec.isInside;
    },
  };
}
