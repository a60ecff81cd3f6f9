// The ciphers of Shadowsocks that we speak, by the names that its programs use.

export interface Method {
  readonly name: MethodName;
  /** SIP004 (2017) or SIP022 (2022). */
  readonly edition: 2017 | 2022;
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  /** Of the key, and of the salt that opens each direction. */
  readonly keyBytes: 16 | 32;
  /** The most plain bytes in a chunk. */
  readonly chunkBytes: number;
}

export type MethodName =
  | '2022-blake3-aes-128-gcm'
  | '2022-blake3-aes-256-gcm'
  | '2022-blake3-chacha20-poly1305'
  | 'aes-128-gcm'
  | 'aes-256-gcm'
  | 'chacha20-ietf-poly1305';

const CHUNK_2017 = 0x3fff;
const CHUNK_2022 = 0xffff;

const method = (
  name: MethodName,
  cipher: Method['cipher'],
  keyBytes: Method['keyBytes'],
): readonly [MethodName, Method] => {
  const edition = name.startsWith('2022-') ? 2022 : 2017;
  return [name, { name, edition, cipher, keyBytes, chunkBytes: edition === 2022 ? CHUNK_2022 : CHUNK_2017 }];
};

export const METHODS: ReadonlyMap<MethodName, Method> = new Map([
  method('2022-blake3-aes-128-gcm', 'aes-128-gcm', 16),
  method('2022-blake3-aes-256-gcm', 'aes-256-gcm', 32),
  method('2022-blake3-chacha20-poly1305', 'chacha20-poly1305', 32),
  method('aes-128-gcm', 'aes-128-gcm', 16),
  method('aes-256-gcm', 'aes-256-gcm', 32),
  method('chacha20-ietf-poly1305', 'chacha20-poly1305', 32),
]);
