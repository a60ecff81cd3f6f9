// What a program for 64-bit little-endian CPUs says of itself: its CPU, its dynamic loader, its libraries (elf(5)).

export interface ElfFacts {
  readonly machine: number;
  /** Undefined: linked statically. */
  readonly interpreter: string | undefined;
  /** Sonames. */
  readonly needed: readonly string[];
}

const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const DYNAMIC_BYTES = 16;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1;
const DT_STRTAB = 5;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
}

/** Undefined: no such program. */
export function elfFacts(file: Buffer): ElfFacts | undefined {
  if (file.length < HEADER_BYTES || !file.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const start = Number(file.readBigUInt64LE(32));
  const segments = Array.from({ length: file.readUInt16LE(56) }, (_, i) =>
    segmentAt(file, start + i * SEGMENT_BYTES),
  );
  const interpreter = segments.find(({ type }) => type === PT_INTERP);
  return {
    machine: file.readUInt16LE(18),
    interpreter: interpreter && textAt(file, interpreter.offset),
    needed: neededOf(file, segments),
  };
}

function segmentAt(file: Buffer, at: number): Segment {
  return {
    type: file.readUInt32LE(at),
    offset: Number(file.readBigUInt64LE(at + 8)),
    address: Number(file.readBigUInt64LE(at + 16)),
    fileBytes: Number(file.readBigUInt64LE(at + 32)),
  };
}

function neededOf(file: Buffer, segments: readonly Segment[]): string[] {
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (!dynamic) return [];
  const entries = Array.from({ length: Math.floor(dynamic.fileBytes / DYNAMIC_BYTES) }, (_, i) => {
    const at = dynamic.offset + i * DYNAMIC_BYTES;
    return { tag: Number(file.readBigUInt64LE(at)), value: Number(file.readBigUInt64LE(at + 8)) };
  });
  const strings = entries.find(({ tag }) => tag === DT_STRTAB)?.value ?? 0;
  const load = segments.find(
    ({ type, address, fileBytes }) => type === PT_LOAD && strings >= address && strings < address + fileBytes,
  );
  if (!load) return [];
  const offset = load.offset + strings - load.address;
  return entries.filter(({ tag }) => tag === DT_NEEDED).map(({ value }) => textAt(file, offset + value));
}

const textAt = (file: Buffer, at: number): string => file.toString('latin1', at, file.indexOf(0, at));
