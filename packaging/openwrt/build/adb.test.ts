import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ADB_BLOCK, AdbWriter, type AdbValue, block, NULL } from './adb.ts';
import { readRoot } from '../../../src/openwrt/apk-reader.ts';

// Lengths at which the width of the length changes.
const LENGTHS = fc.oneof(fc.nat(300), fc.constantFrom(0, 255, 256, 65_535, 65_536));
const BLOB = LENGTHS.chain((length) => fc.nat(255).map((byte) => Buffer.alloc(length, byte)));
const NUMBER = fc.oneof(fc.nat(0xfffffff), fc.integer({ min: 0x10000000, max: 0xffffffff }));

test('numbers and blobs are read back as they were written', () => {
  fc.assert(
    fc.property(fc.array(NUMBER), fc.array(BLOB, { maxLength: 4 }), fc.string(), (numbers, blobs, text) => {
      const adb = new AdbWriter();
      const root = adb.object({
        2: adb.array(numbers.map((one) => adb.int(one))),
        3: adb.array(blobs.map((one) => adb.blob(one))),
        7: adb.blob(text),
        9: adb.int(1),
      });
      const found = readRoot(adb.finish(root), {
        2: ['numbers', ['int']],
        3: ['blobs', ['bytes']],
        7: ['text', 'text'],
        9: ['end', 'int'],
      }) as Record<string, unknown>;
      const readBlobs = (found['blobs'] ?? []) as (Buffer | undefined)[];
      // Nothing at all is null.
      expect(readBlobs.map((one) => one?.toString('latin1') ?? '')).toEqual(
        blobs.map((one) => one.toString('latin1')),
      );
      expect(found['numbers'] ?? []).toEqual(numbers);
      expect(found['text'] ?? '').toBe(Buffer.from(text).toString());
      expect(found['end']).toBe(1);
    }),
  );
});

test('the same value is written once', () => {
  const size = (values: (adb: AdbWriter) => AdbValue[]): number => {
    const adb = new AdbWriter();
    return adb.finish(adb.array(values(adb))).length;
  };
  const once = size((adb) => [adb.blob('root'), NULL]);
  expect(size((adb) => [adb.blob('root'), adb.blob('root')])).toBe(once);
  expect(size((adb) => [adb.blob('root'), adb.blob('toor')])).toBeGreaterThan(once);
});

test('what is reserved is nobody else’s, whatever is filled in', () => {
  const adb = new AdbWriter();
  const zeros = adb.blob(new Uint8Array(4));
  const reserved = adb.reserve(4);
  const content = adb.finish(adb.array([zeros, reserved.value, adb.blob(new Uint8Array(4))]));
  content.write('wide', reserved.at);
  expect(readRoot(content, ['bytes'])).toEqual([Buffer.alloc(4), Buffer.from('wide'), Buffer.alloc(4)]);
});

test('a block tells its size without its padding', () => {
  const made = block(ADB_BLOCK.data, Buffer.from('abc'), Buffer.from('de'));
  expect(made.toString('latin1')).toBe('\x09\0\0\x80abcde\0\0\0\0\0\0\0');
});
