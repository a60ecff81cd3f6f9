// One direction's AEAD: the same key, and a nonce that counts.
import {
  type CipherGCMTypes,
  type CipherChaCha20Poly1305Types,
  createCipheriv,
  createDecipheriv,
} from 'node:crypto';
import type { Method } from '../../config/shadowsocks-method.ts';

export const TAG_BYTES = 16;
const NONCE_BYTES = 12;

/** 12 bytes, little endian, from 0; a direction ends long before it comes round. */
class Nonce {
  readonly bytes = Buffer.alloc(NONCE_BYTES);

  next(): void {
    for (let i = 0; i < NONCE_BYTES; i++) {
      const byte = ((this.bytes[i] as number) + 1) & 0xff;
      this.bytes[i] = byte;
      if (byte !== 0) return;
    }
  }
}

// Of all ciphers here tag and nonce have the same lengths; node's types tell GCM and ChaCha apart.
type CipherName = CipherGCMTypes & CipherChaCha20Poly1305Types;
const OPTIONS = { authTagLength: TAG_BYTES };

export class Sealer {
  readonly #cipher: Method['cipher'];
  readonly #key: Buffer;
  readonly #nonce = new Nonce();

  constructor(cipher: Method['cipher'], key: Buffer) {
    this.#cipher = cipher;
    this.#key = key;
  }

  /** Writes `plain` and its tag to `into` from `at` on; returns where it ends. */
  seal(plain: Uint8Array, into: Buffer, at: number): number {
    const cipher = createCipheriv(this.#cipher as CipherName, this.#key, this.#nonce.bytes, OPTIONS);
    this.#nonce.next();
    into.set(cipher.update(plain), at);
    cipher.final();
    into.set(cipher.getAuthTag(), at + plain.length);
    return at + plain.length + TAG_BYTES;
  }
}

export class Opener {
  readonly #cipher: Method['cipher'];
  readonly #key: Buffer;
  readonly #nonce = new Nonce();

  constructor(cipher: Method['cipher'], key: Buffer) {
    this.#cipher = cipher;
    this.#key = key;
  }

  /** The plain bytes of `sealed`, which ends with its tag; undefined when it is forged. */
  open(sealed: Uint8Array): Buffer | undefined {
    const decipher = createDecipheriv(this.#cipher as CipherName, this.#key, this.#nonce.bytes, OPTIONS);
    this.#nonce.next();
    const end = sealed.length - TAG_BYTES;
    decipher.setAuthTag(sealed.subarray(end));
    const plain = decipher.update(sealed.subarray(0, end));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plain;
  }
}
