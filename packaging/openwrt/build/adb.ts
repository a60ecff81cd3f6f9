// ADB, the binary format of apk-tools 3 (apk-v3(5)): a block of values that point at each other, then blocks of data.
//
// A value is 32 bits: its type in the high four, and in the others the value itself or where in the block the rest of it is. Everything is
// little-endian. An array or object is a list of values, of which the first is how many there are, itself included; the fields
// of an object have numbers from 1 on.

/** Of the high four bits. */
export const ADB_TYPE = {
  special: 0x0,
  int: 0x1,
  int32: 0x2,
  blob8: 0x8,
  blob16: 0x9,
  blob32: 0xa,
  array: 0xd,
  object: 0xe,
} as const;

/** Of the high two bits of a block's first word; the others are its size, with that word and without padding. */
export const ADB_BLOCK = { adb: 0, signature: 1, data: 2 } as const;

export const FILE_MAGIC = 'ADB.';
/** The first four bytes of a file whose other bytes are a raw deflate stream of a whole uncompressed file. */
export const DEFLATED_MAGIC = 'ADBd';
export const BLOCK_ALIGNMENT = 8;

/** A value, ready to be put into an object. */
export type AdbValue = number & { readonly __adb: never };

export const NULL = 0 as AdbValue;

const VALUE_BITS = 28;
const WORD = 4;
// Versions of the format (both 0), two reserved bytes, the root value.
const HEADER_BYTES = 8;
const ROOT_AT = 4;

const value = (type: number, rest: number): AdbValue => ((type * 2 ** VALUE_BITS + rest) >>> 0) as AdbValue;

export class AdbWriter {
  readonly #parts: Buffer[] = [Buffer.alloc(HEADER_BYTES)];
  #length = HEADER_BYTES;
  /** What has been written, by alignment and bytes: the same text is there once. */
  readonly #written = new Map<string, number>();

  int(number: number): AdbValue {
    if (number < 2 ** VALUE_BITS) return value(ADB_TYPE.int, number);
    const bytes = Buffer.alloc(WORD);
    bytes.writeUInt32LE(number);
    return value(ADB_TYPE.int32, this.#shared(bytes, WORD));
  }

  /** Text or bytes; nothing at all is null. */
  blob(content: string | Uint8Array): AdbValue {
    const { type, bytes, alignment } = sized(content);
    return bytes.length === alignment ? NULL : value(type, this.#shared(bytes, alignment));
  }

  /** A blob of zeros to be filled in later; its bytes begin at `at`. */
  reserve(length: number): { readonly value: AdbValue; readonly at: number } {
    const { type, bytes, alignment } = sized(new Uint8Array(length));
    const at = this.#append(bytes, alignment);
    return { value: value(type, at), at: at + alignment };
  }

  /** By the numbers of the fields; null ones are left out. */
  object(fields: Readonly<Record<number, AdbValue>>): AdbValue {
    const last = Math.max(
      0,
      ...Object.keys(fields)
        .map(Number)
        .filter((field) => fields[field] !== NULL),
    );
    return this.#list(
      ADB_TYPE.object,
      Array.from({ length: last }, (_, i) => fields[i + 1] ?? NULL),
    );
  }

  /** In the order given, which has to be that of the schema. */
  array(values: readonly AdbValue[]): AdbValue {
    return this.#list(ADB_TYPE.array, values);
  }

  /** The block's content, with the value that all others are reached from. */
  finish(root: AdbValue): Buffer {
    const bytes = Buffer.concat(this.#parts);
    bytes.writeUInt32LE(root, ROOT_AT);
    return bytes;
  }

  #list(type: number, values: readonly AdbValue[]): AdbValue {
    if (values.length === 0) return NULL;
    const bytes = Buffer.alloc(WORD * (values.length + 1));
    for (const [i, word] of [values.length + 1, ...values].entries()) bytes.writeUInt32LE(word, WORD * i);
    return value(type, this.#shared(bytes, WORD));
  }

  #shared(bytes: Buffer, alignment: number): number {
    const key = `${alignment} ${bytes.toString('latin1')}`;
    const place = this.#written.get(key) ?? this.#append(bytes, alignment);
    this.#written.set(key, place);
    return place;
  }

  #append(bytes: Buffer, alignment: number): number {
    const at = roundUp(this.#length, alignment);
    this.#parts.push(Buffer.alloc(at - this.#length), bytes);
    this.#length = at + bytes.length;
    return at;
  }
}

/** The length goes before the bytes, in as few bytes as it takes, and is aligned to as many. */
function sized(content: string | Uint8Array): { type: number; bytes: Buffer; alignment: number } {
  const data = Buffer.from(content as Uint8Array);
  const [type, alignment] =
    data.length > 0xffff
      ? ([ADB_TYPE.blob32, 4] as const)
      : data.length > 0xff
        ? ([ADB_TYPE.blob16, 2] as const)
        : ([ADB_TYPE.blob8, 1] as const);
  const length = Buffer.alloc(alignment);
  length.writeUIntLE(data.length, 0, alignment);
  return { type, bytes: Buffer.concat([length, data]), alignment };
}

/** A block with what pads it. `parts` are its content, below 1 GiB. */
export function block(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const bytes = parts.reduce((sum, { length }) => sum + length, WORD);
  const head = Buffer.alloc(WORD);
  head.writeUInt32LE((type * 2 ** 30 + bytes) >>> 0);
  return Buffer.concat([head, ...parts], roundUp(bytes, BLOCK_ALIGNMENT));
}

const roundUp = (number: number, to: number): number => Math.ceil(number / to) * to;
