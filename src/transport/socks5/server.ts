// The server's side of SOCKS 5: method, login, request; pipelined or one after the other.
import type { ServerHandshake, ServerStep, ServerTransport } from '../handshake.ts';
import { decodeTarget, encodeTarget } from '../socks-address.ts';
import { ANY_V4 } from '../../base/address.ts';
import type { SocksUser } from '../../config/socks-user.ts';
import { decodeLogin, LOGIN_BAD, LOGIN_GOOD, LOGIN_VERSION, Users } from '../socks-login.ts';
import * as codes from '../socks-reply.ts';
import * as socks from './constants.ts';

export interface Socks5ServerOptions {
  /** Who may use it; undefined asks nobody for a password, for listeners that only the LAN reaches. */
  readonly users: readonly SocksUser[] | undefined;
}

const MORE: ServerStep = { kind: 'more' };
const GREETING_HEAD_BYTES = 2;
const REQUEST_HEAD_BYTES = 3;

export function createSocks5Server({ users }: Socks5ServerOptions): ServerTransport {
  const known = users && new Users(users);
  return { start: () => new Handshake(known) };
}

class Handshake implements ServerHandshake {
  readonly #users: Users | undefined;
  #stage: 'greeting' | 'login' | 'request' = 'greeting';
  #at = 0;
  #who = 'a SOCKS client';

  constructor(users: Users | undefined) {
    this.#users = users;
  }

  receive(bytes: Uint8Array): ServerStep {
    const rest = bytes.subarray(this.#at);
    if (this.#stage === 'greeting') return this.#onGreeting(rest);
    return this.#stage === 'login' ? this.#onLogin(rest) : this.#onRequest(rest);
  }

  #onGreeting(bytes: Uint8Array): ServerStep {
    const [version, count] = bytes;
    if (version !== undefined && version !== socks.VERSION) {
      return { kind: 'reset', reason: 'malformed', detail: `not SOCKS 5 (version ${version})` };
    }
    if (count === undefined || bytes.length < GREETING_HEAD_BYTES + count) return MORE;
    const offered = bytes.subarray(GREETING_HEAD_BYTES, GREETING_HEAD_BYTES + count);
    const wanted = this.#users ? socks.METHOD_PASSWORD : socks.METHOD_NONE;
    if (!offered.includes(wanted)) {
      const detail = this.#users ? 'offers no user and password' : 'offers only methods with a login';
      return {
        kind: 'reply',
        bytes: Buffer.of(socks.VERSION, socks.METHOD_NO_ACCEPTABLE),
        reason: 'not-authorized',
        detail,
      };
    }
    this.#at += GREETING_HEAD_BYTES + count;
    this.#stage = this.#users ? 'login' : 'request';
    return { kind: 'send', bytes: Buffer.of(socks.VERSION, wanted) };
  }

  #onLogin(bytes: Uint8Array): ServerStep {
    const login = decodeLogin(bytes);
    if (login === 'more') return MORE;
    if (login === 'malformed') {
      return { kind: 'reset', reason: 'malformed', detail: `no login of RFC 1929 (version ${bytes[0]})` };
    }
    const user = this.#users?.find(login);
    if (!user) {
      return {
        kind: 'reply',
        bytes: Buffer.of(LOGIN_VERSION, LOGIN_BAD),
        reason: 'not-authorized',
        detail: 'wrong user or password',
      };
    }
    this.#who = `user ${user.name}`;
    this.#at += login.bytes;
    this.#stage = 'request';
    return { kind: 'send', bytes: Buffer.of(LOGIN_VERSION, LOGIN_GOOD) };
  }

  #onRequest(bytes: Uint8Array): ServerStep {
    if (bytes.length < REQUEST_HEAD_BYTES) return MORE;
    const [version, command] = bytes;
    if (version !== socks.VERSION) {
      return { kind: 'reset', reason: 'malformed', detail: `no request of SOCKS 5 (version ${version})` };
    }
    if (command !== socks.COMMAND_CONNECT) {
      return unsupported(codes.REPLY_COMMAND_NOT_SUPPORTED, `command ${command}`);
    }
    const decoded = decodeTarget(bytes.subarray(REQUEST_HEAD_BYTES));
    if (decoded === 'more') return MORE;
    if (decoded === 'malformed')
      return unsupported(codes.REPLY_ADDRESS_NOT_SUPPORTED, 'no address of a known type');
    return {
      kind: 'dial',
      target: decoded.target,
      who: this.#who,
      keyId: undefined,
      hints: { isLossy: false },
      consumed: this.#at + REQUEST_HEAD_BYTES + decoded.bytes,
      accept: () => reply(codes.REPLY_SUCCEEDED),
      refuse: (reason) => reply(codes.codeOf(reason, codes.REPLY_TTL_EXPIRED)),
    };
  }
}

function unsupported(code: number, detail: string): ServerStep {
  return { kind: 'reply', bytes: reply(code), reason: 'unsupported', detail };
}

/** The bound address is of no use to the client: it is told as unspecified. */
const reply = (code: number): Buffer =>
  Buffer.concat([Buffer.of(socks.VERSION, code, 0), encodeTarget({ address: ANY_V4, port: 0 })]);
