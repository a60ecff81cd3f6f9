import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAddress } from '../base/address.ts';
import { createProbeClient, createProbeResponder, PROBE_BYTES } from './probe.ts';

const KEY = { id: 3, psk: Buffer.alloc(32, 9) };
const FROM = { address: parseAddress('198.51.100.7'), port: 4711 };
const client = createProbeClient('wanbond', KEY);
const respond = createProbeResponder('wanbond', [{ id: 1, psk: Buffer.alloc(32, 1) }, KEY]);

test('a probe is answered with the address it came from, in as many bytes', () => {
  const request = client.request(0xfffffffe);
  const reply = respond(request, FROM);
  expect(request).toHaveLength(PROBE_BYTES);
  expect(reply).toHaveLength(PROBE_BYTES);
  expect(client.parseReply(reply as Buffer)).toEqual({
    sequence: 0xfffffffe,
    seenAs: FROM,
    families: undefined,
  });
});

test.each([
  { v4: true, v6: false },
  { v4: false, v6: true },
  { v4: true, v6: true },
])('the answer tells what the server reaches: %o', (families) => {
  const telling = createProbeResponder('wanbond', [KEY], () => families);
  expect(client.parseReply(telling(client.request(1), FROM) as Buffer)?.families).toEqual(families);
});

test('another key, another server or a request sent back get nothing', () => {
  const request = client.request(1);
  expect(
    createProbeResponder('wanbond', [{ id: 3, psk: Buffer.alloc(32, 8) }])(request, FROM),
  ).toBeUndefined();
  expect(createProbeResponder('other', [KEY])(request, FROM)).toBeUndefined();
  expect(createProbeResponder('wanbond', [])(request, FROM)).toBeUndefined();
  expect(client.parseReply(request)).toBeUndefined();
});

test('one flipped bit anywhere is refused, both ways', () => {
  const request = client.request(7);
  const reply = respond(request, FROM) as Buffer;
  for (let bit = 0; bit < PROBE_BYTES * 8; bit++) {
    for (const [datagram, take] of [
      [request, (bytes: Buffer) => respond(bytes, FROM)],
      [reply, (bytes: Buffer) => client.parseReply(bytes)],
    ] as const) {
      const bad = Buffer.from(datagram);
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(take(bad)).toBeUndefined();
    }
  }
});

test('property: any bytes are survived and get nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      expect(respond(bytes, FROM)).toBeUndefined();
      expect(client.parseReply(bytes)).toBeUndefined();
    }),
  );
});
