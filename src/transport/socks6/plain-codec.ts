// Bytes as they are, for the one flow whose first bytes came apart from the others: between a request and its login.
import type { StreamCodec } from '../stream-codec.ts';

export const PLAIN: StreamCodec = {
  sealedBytes: (plainBytes) => plainBytes,
  seal: (plain, into) => {
    into.set(plain);
    return plain.length;
  },
  // A copy: what is opened outlives the shared buffer.
  open: (bytes) => [Buffer.from(bytes)],
  isInside: false,
};
