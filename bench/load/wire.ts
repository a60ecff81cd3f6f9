// What a client of the load programs asks of the origin: one request at the start of a connection, of a fixed size.

/** As long as a small HTTP request. */
export const REQUEST_BYTES = 100;

export const ASK = {
  /** `bytes` in answer, then the origin closes. */
  answer: 0,
  /** One byte in answer; from then on each `bytes` that come are answered by as many. */
  pings: 1,
  /** One byte in answer; from the next byte that comes on, bytes without end. */
  stream: 2,
  /** One byte in answer; takes whatever comes. */
  drain: 3,
} as const;

export type Ask = keyof typeof ASK;

export function encodeRequest(ask: Ask, bytes: number): Buffer {
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUInt32LE(ASK[ask], 0);
  request.writeUInt32LE(bytes, 4);
  return request;
}

export function decodeRequest(request: Buffer): { readonly ask: Ask; readonly bytes: number } {
  const number = request.readUInt32LE(0);
  const ask = (Object.keys(ASK) as Ask[]).find((name) => ASK[name] === number);
  if (ask === undefined) throw new RangeError(`the origin was asked for ${number}, which it does not know`);
  return { ask, bytes: request.readUInt32LE(4) };
}
