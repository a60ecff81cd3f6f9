// The client's side of SOCKS 5. Pipelined, everything leaves in one write and only the answers are waited for; otherwise
// each step waits for the one before, as servers need that drop what comes too early.
import { ANY_V4, type SocketAddress } from '../../base/address.ts';
import type { SocksLogin } from '../../config/server-protocol.ts';
import type { ClientHandshake, ClientStep, ClientTransport } from '../handshake.ts';
import { refused } from '../refused.ts';
import { decodeTarget, encodeTarget } from '../socks-address.ts';
import { encodeLogin, LOGIN_GOOD } from '../socks-login.ts';
import { reasonOf, REPLY_SUCCEEDED, REPLY_TTL_EXPIRED } from '../socks-reply.ts';
import * as socks from './constants.ts';

export interface Socks5ClientOptions {
  readonly login: SocksLogin | undefined;
  readonly isPipelined: boolean;
}

type Stage = 'method' | 'login' | 'request';

const NOWHERE: SocketAddress = { address: ANY_V4, port: 0 };
const MORE: ClientStep = { kind: 'more' };
const METHOD_REPLY_BYTES = 2;
const LOGIN_REPLY_BYTES = 2;
const REPLY_HEAD_BYTES = 3;

export function createSocks5Client(options: Socks5ClientOptions): ClientTransport {
  return { start: (target) => new Handshake(options, target) };
}

/** Greeting and login only: what the server makes of us. */
export function createSocks5Login(login: SocksLogin | undefined): ClientHandshake {
  const handshake = new Handshake({ login, isPipelined: false }, NOWHERE);
  return {
    hello: (early) => handshake.hello(early),
    receive: (bytes) => {
      const step = handshake.receive(bytes);
      return step.kind === 'send' && handshake.isLoggedIn
        ? { kind: 'established', consumed: bytes.length, families: undefined }
        : step;
    },
  };
}

class Handshake implements ClientHandshake {
  readonly holdsEarly: boolean;
  readonly #options: Socks5ClientOptions;
  readonly #target: SocketAddress;
  #stage: Stage = 'method';
  /** Where the reply that is waited for begins in all that was received. */
  #at = 0;

  constructor(options: Socks5ClientOptions, target: SocketAddress) {
    this.#options = options;
    this.#target = target;
    this.holdsEarly = !options.isPipelined;
  }

  get isLoggedIn(): boolean {
    return this.#stage === 'request';
  }

  hello(early: Uint8Array): Buffer {
    this.#stage = 'method';
    this.#at = 0;
    const { login, isPipelined } = this.#options;
    const greeting = Buffer.of(socks.VERSION, 1, login ? socks.METHOD_PASSWORD : socks.METHOD_NONE);
    if (!isPipelined) return greeting;
    return Buffer.concat(
      [greeting, login ? encodeLogin(login) : [], requestTo(this.#target), early].map((one) =>
        Buffer.from(one),
      ),
    );
  }

  receive(bytes: Uint8Array): ClientStep {
    if (this.#stage === 'method') return this.#onMethod(bytes);
    return this.#stage === 'login' ? this.#onLogin(bytes) : this.#onReply(bytes);
  }

  #onMethod(bytes: Uint8Array): ClientStep {
    if (bytes.length < METHOD_REPLY_BYTES) return MORE;
    const { login } = this.#options;
    const [version, method] = bytes;
    if (version !== socks.VERSION)
      return refused('malformed', `the answer is not of SOCKS 5 (version ${version})`);
    if (method !== (login ? socks.METHOD_PASSWORD : socks.METHOD_NONE)) {
      const wanted = login ? 'it takes no user and password' : 'it wants a user and password';
      return refused('not-authorized', wanted);
    }
    return this.#go(METHOD_REPLY_BYTES, login ? 'login' : 'request', bytes);
  }

  #onLogin(bytes: Uint8Array): ClientStep {
    const reply = bytes.subarray(this.#at);
    if (reply.length < LOGIN_REPLY_BYTES) return MORE;
    // Some servers repeat SOCKS's version here; RFC 1929 wants its own. Only the status matters.
    if (reply[1] !== LOGIN_GOOD) return refused('not-authorized', 'it refused the user or the password');
    return this.#go(LOGIN_REPLY_BYTES, 'request', bytes);
  }

  #onReply(bytes: Uint8Array): ClientStep {
    const reply = bytes.subarray(this.#at);
    if (reply.length < REPLY_HEAD_BYTES) return MORE;
    const [version, code] = reply as unknown as readonly [number, number];
    if (version !== socks.VERSION)
      return refused('malformed', `the reply is not of SOCKS 5 (version ${version})`);
    // Whatever address comes with a refusal, and not all servers send one.
    if (code !== REPLY_SUCCEEDED)
      return refused(reasonOf(code, REPLY_TTL_EXPIRED), `it answered code ${code}`);
    const bound = decodeTarget(reply.subarray(REPLY_HEAD_BYTES));
    if (bound === 'more') return MORE;
    if (bound === 'malformed') return refused('malformed', 'the reply holds no address');
    return { kind: 'established', consumed: this.#at + REPLY_HEAD_BYTES + bound.bytes, families: undefined };
  }

  /** On to `stage`: its request goes out now unless it has already. */
  #go(read: number, stage: 'login' | 'request', bytes: Uint8Array): ClientStep {
    this.#at += read;
    this.#stage = stage;
    const { login, isPipelined } = this.#options;
    if (isPipelined) return this.receive(bytes);
    return { kind: 'send', bytes: stage === 'login' && login ? encodeLogin(login) : requestTo(this.#target) };
  }
}

function requestTo(target: SocketAddress): Buffer {
  return Buffer.concat([Buffer.of(socks.VERSION, socks.COMMAND_CONNECT, 0), encodeTarget(target)]);
}
