// The options of SOCKS 6: kind, length of the whole in bytes, data; always whole words.
import { MAX_OPTIONS_BYTES, WORD_BYTES } from './constants.ts';

export interface Option {
  readonly kind: number;
  /** Padding included. */
  readonly data: Buffer;
}

const HEAD_BYTES = 4;

/** Zeroes that fill the last word of so many bytes. */
export const paddingOf = (bytes: number): number => -bytes & (WORD_BYTES - 1);

/** An option with its padding. */
export function encodeOption(kind: number, ...data: Uint8Array[]): Buffer {
  const bytes = HEAD_BYTES + data.reduce((sum, one) => sum + one.length, 0);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16BE(kind);
  head.writeUInt16BE(bytes + paddingOf(bytes), 2);
  return Buffer.concat([head, ...data], bytes + paddingOf(bytes));
}

/** The options that fill `bytes`; undefined when they do not, or one of them is no whole number of words. */
export function decodeOptions(bytes: Uint8Array): Option[] | undefined {
  const all = Buffer.from(bytes);
  const options: Option[] = [];
  for (let at = 0; at < all.length; ) {
    if (at + HEAD_BYTES > all.length) return undefined;
    const length = all.readUInt16BE(at + 2);
    const end = at + length;
    if (length < HEAD_BYTES || length % WORD_BYTES !== 0 || end > all.length) return undefined;
    options.push({ kind: all.readUInt16BE(at), data: all.subarray(at + HEAD_BYTES, end) });
    at = end;
  }
  return options;
}

/** Whether an options field may be that long. */
export const isOptionsLength = (bytes: number): boolean =>
  bytes <= MAX_OPTIONS_BYTES && bytes % WORD_BYTES === 0;

/** The data of the one option of a kind: undefined when there is none, `twice` when there are more. */
export function only(options: readonly Option[], kind: number): Buffer | 'twice' | undefined {
  const found = options.filter((one) => one.kind === kind);
  return found.length > 1 ? 'twice' : found[0]?.data;
}

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
