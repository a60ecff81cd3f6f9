// The headers of the 2022 edition (SIP022 section 3.1.3), in plain.

export const MAX_PADDING_BYTES = 900;
export const PADDING_LENGTH_BYTES = 2;
/** A message further from our clock than this is a replay. */
const FRESH_MS = 30_000;
/** Type, time, length. */
export const REQUEST_HEADER_BYTES = 1 + 8 + 2;
const REQUEST = 0;
const RESPONSE = 1;

/** Type, time, the salt of the request, length. */
export const responseHeaderBytes = (saltBytes: number): number => REQUEST_HEADER_BYTES + saltBytes;

export const isFresh = (timeMs: number, nowMs: number): boolean => Math.abs(timeMs - nowMs) <= FRESH_MS;

/** `bytes` is the plain length of the header that follows, up to 65535. */
export function fixedRequestHeader(timeMs: number, bytes: number): Buffer {
  const header = Buffer.alloc(REQUEST_HEADER_BYTES);
  header[0] = REQUEST;
  writeTime(header, timeMs);
  header.writeUInt16BE(bytes, REQUEST_HEADER_BYTES - 2);
  return header;
}

export function readRequestHeader(
  header: Buffer,
): { readonly timeMs: number; readonly bytes: number } | undefined {
  if (header[0] !== REQUEST) return undefined;
  return { timeMs: readTime(header), bytes: header.readUInt16BE(REQUEST_HEADER_BYTES - 2) };
}

export function fixedResponseHeader(timeMs: number, requestSalt: Uint8Array, firstBytes: number): Buffer {
  const header = Buffer.alloc(responseHeaderBytes(requestSalt.length));
  header[0] = RESPONSE;
  writeTime(header, timeMs);
  header.set(requestSalt, 9);
  header.writeUInt16BE(firstBytes, header.length - 2);
  return header;
}

export function readResponseHeader(
  header: Buffer,
  saltBytes: number,
): { readonly timeMs: number; readonly requestSalt: Buffer; readonly firstBytes: number } | undefined {
  if (header[0] !== RESPONSE) return undefined;
  return {
    timeMs: readTime(header),
    requestSalt: header.subarray(9, 9 + saltBytes),
    firstBytes: header.readUInt16BE(9 + saltBytes),
  };
}

/** Whole seconds since 1970. */
function writeTime(header: Buffer, timeMs: number): void {
  header.writeBigUInt64BE(BigInt(Math.floor(timeMs / 1000)), 1);
}

const readTime = (header: Buffer): number => Number(header.readBigUInt64BE(1)) * 1000;
