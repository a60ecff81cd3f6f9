// User and password as RFC 1929 writes them, for SOCKS 5 and, inside a request's option or after it, SOCKS 6; and whose they are.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { SocksLogin } from '../config/server-protocol.ts';
import type { SocksUser } from '../config/socks-user.ts';

export const LOGIN_VERSION = 1;
export const LOGIN_GOOD = 0;
export const LOGIN_BAD = 1;

/** Names a login to the session table, and changes with the password. */
export const OWNER_BYTES = 8;

export function encodeLogin({ user, password }: SocksLogin): Buffer {
  const words = [user, password].map((word) => Buffer.from(word));
  return Buffer.concat([
    Buffer.of(LOGIN_VERSION),
    ...words.flatMap((word) => [Buffer.of(word.length), word]),
  ]);
}

export interface DecodedLogin {
  readonly user: string;
  readonly password: Uint8Array;
  readonly bytes: number;
}

/** Reads a login at the start of `bytes`. */
export function decodeLogin(bytes: Uint8Array): DecodedLogin | 'more' | 'malformed' {
  const [version, userBytes] = bytes;
  if (version !== undefined && version !== LOGIN_VERSION) return 'malformed';
  if (userBytes === undefined) return 'more';
  const passwordAt = 2 + userBytes + 1;
  const passwordBytes = bytes[passwordAt - 1];
  if (passwordBytes === undefined || bytes.length < passwordAt + passwordBytes) return 'more';
  return {
    user: Buffer.from(bytes.subarray(2, 2 + userBytes)).toString(),
    password: bytes.subarray(passwordAt, passwordAt + passwordBytes),
    bytes: passwordAt + passwordBytes,
  };
}

export interface KnownUser {
  readonly name: string;
  /** `OWNER_BYTES` long. */
  readonly owner: Uint8Array;
}

/** Those who may use a server. */
export class Users {
  readonly #byName = new Map<string, KnownUser & { readonly password: Buffer }>();
  readonly #byOwner = new Map<string, KnownUser>();
  readonly #nobody = digest('');

  constructor(users: readonly SocksUser[]) {
    for (const { name, password } of users) {
      const owner = digest(encodeLogin({ user: name, password })).subarray(0, OWNER_BYTES);
      this.#byName.set(name, { name, owner, password: digest(password) });
      this.#byOwner.set(owner.toString('hex'), { name, owner });
    }
  }

  /** Whose login it is. Takes a time that tells neither whether the user is known nor where the password differs. */
  find({ user, password }: DecodedLogin): KnownUser | undefined {
    const known = this.#byName.get(user);
    const isRight = timingSafeEqual(digest(password), known?.password ?? this.#nobody);
    return isRight ? known : undefined;
  }

  ofOwner(owner: Uint8Array): KnownUser | undefined {
    return this.#byOwner.get(Buffer.from(owner).toString('hex'));
  }
}

const digest = (secret: string | Uint8Array): Buffer => createHash('sha256').update(secret).digest();
