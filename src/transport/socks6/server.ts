// The server's side of SOCKS 6: request, whose it is, and where it wants to go; first bytes may come with all of it.
//
// Without an authentication phase, first bytes follow the request and are the stream's own: `consumed` ends before them.
// With one they stand between request and login, and are told apart as those of a sealed request are.
import type { SocksUser } from '../../config/socks-user.ts';
import type {
  DialStep,
  Families,
  ServerHandshake,
  ServerStep,
  ServerTransport,
  RemoteLeg,
} from '../handshake.ts';
import {
  type Credentials,
  type Gate,
  judge,
  letIn,
  readCredentials,
  type Verdict,
} from './authentication.ts';
import * as socks from './constants.ts';
import { LOGIN_VERSION, LOGIN_GOOD, LOGIN_BAD, decodeLogin, Users } from '../socks-login.ts';
import * as codes from '../socks-reply.ts';
import { type Addressed, authReply, decodeAddressed, operationReply } from './message.ts';
import { PLAIN } from './plain-codec.ts';
import type { SessionTable } from './sessions.ts';
import { decodeRemoteLeg, encodeRemoteLeg } from './stack.ts';

export interface Socks6ServerOptions {
  /** Who may use it; undefined asks nobody for a password, for listeners that only the LAN reaches. */
  readonly users: readonly SocksUser[] | undefined;
  /** One for all workers of a listener. */
  readonly sessions: SessionTable;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Socks6DialStep extends DialStep {
  /** How the client would like the leg to the target. */
  readonly remoteLeg: RemoteLeg;
  /** `made`: how it was made, as far as that is known. */
  accept(families: Families | undefined, made?: RemoteLeg): Buffer;
}

export type Socks6Step = Exclude<ServerStep, { kind: 'dial' | 'resume' }> | Socks6DialStep;

export interface Socks6ServerTransport extends ServerTransport {
  start(): { receive(bytes: Uint8Array): Socks6Step };
}

const MORE: Socks6Step = { kind: 'more' };
const MALFORMED: Socks6Step = {
  kind: 'reset',
  reason: 'malformed',
  detail: 'a request that SOCKS 6 does not know',
};

export function createSocks6Server({ users, sessions, now }: Socks6ServerOptions): Socks6ServerTransport {
  const gate = { users: users && new Users(users), sessions, now };
  return { start: () => new Handshake(gate) };
}

interface Request {
  readonly message: Addressed;
  readonly asked: Credentials;
  readonly remoteLeg: RemoteLeg;
}

class Handshake implements ServerHandshake {
  readonly #gate: Gate;
  #request: Request | undefined;
  /** Bytes of the login that is waited for, from here on. */
  #loginAt: number | undefined;
  #first: Buffer = Buffer.alloc(0);
  #consumed = 0;
  #user: string | undefined;
  /** The step behind the one that was sent. */
  #next: Socks6Step | undefined;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  receive(bytes: Uint8Array): Socks6Step {
    if (this.#next) return this.#next;
    return this.#request ? this.#onLogin(bytes, this.#request) : this.#onRequest(bytes);
  }

  #onRequest(bytes: Uint8Array): Socks6Step {
    const message = decodeAddressed(bytes);
    if (message === 'more') return MORE;
    if (message === 'version') {
      const detail = `not SOCKS 6 (version ${bytes[0]})`;
      return { kind: 'reply', bytes: Buffer.of(socks.VERSION), reason: 'malformed', detail };
    }
    if (message === 'address-type') return addressType(this.#gate);
    if (message === 'malformed') return MALFORMED;
    const asked = readCredentials(message.options);
    const remoteLeg = decodeRemoteLeg(message.options);
    if (!asked || !remoteLeg) return MALFORMED;
    this.#request = { message, asked, remoteLeg };
    this.#consumed = message.bytes;
    return this.#follow(judge(this.#gate, asked), this.#request);
  }

  #onLogin(bytes: Uint8Array, request: Request): Socks6Step {
    const loginAt = this.#loginAt as number;
    if (bytes.length < loginAt) return MORE;
    const login = decodeLogin(bytes.subarray(loginAt));
    if (login === 'more') return MORE;
    if (login === 'malformed') return { kind: 'reset', reason: 'malformed', detail: 'no login of RFC 1929' };
    const user = this.#gate.users?.find(login);
    const status = Buffer.of(LOGIN_VERSION, user ? LOGIN_GOOD : LOGIN_BAD);
    if (!user) {
      const refusal = Buffer.concat([status, authReply(socks.AUTH_FAILED)]);
      return { kind: 'reply', bytes: refusal, reason: 'not-authorized', detail: 'wrong user or password' };
    }
    this.#first = Buffer.from(bytes.subarray(request.message.bytes, loginAt));
    this.#consumed = loginAt + login.bytes;
    return this.#follow(letIn(this.#gate, request.asked, user), request, status);
  }

  #follow(verdict: Verdict, request: Request, before: Buffer = Buffer.alloc(0)): Socks6Step {
    const bytes = Buffer.concat([before, verdict.reply]);
    if (verdict.kind === 'out')
      return { kind: 'reply', bytes, reason: verdict.reason, detail: verdict.detail };
    if (verdict.kind === 'ask') {
      this.#loginAt = request.message.bytes + verdict.initialBytes;
      return { kind: 'send', bytes };
    }
    this.#user = verdict.user;
    this.#next = this.#operation(request);
    return { kind: 'send', bytes };
  }

  #operation({ message, remoteLeg }: Request): Socks6Step {
    const { code, target } = message;
    if (code === socks.COMMAND_NOOP) {
      return {
        kind: 'reply',
        bytes: operationReply(codes.REPLY_SUCCEEDED),
        reason: undefined,
        detail: 'a NOOP',
      };
    }
    if (code !== socks.COMMAND_CONNECT)
      return unsupported(codes.REPLY_COMMAND_NOT_SUPPORTED, `command ${code}`);
    return {
      kind: 'dial',
      target,
      who: this.#user === undefined ? 'a SOCKS client' : `user ${this.#user}`,
      keyId: undefined,
      hints: { isLossy: false },
      consumed: this.#consumed,
      ...(this.#first.length > 0 && { sealed: { codec: PLAIN, first: this.#first } }),
      remoteLeg,
      accept: (_, made = {}) => operationReply(codes.REPLY_SUCCEEDED, encodeRemoteLeg(made)),
      refuse: (reason) => operationReply(codes.codeOf(reason, codes.REPLY_TIMED_OUT)),
    };
  }
}

/** Where the options begin cannot be told, so whose request it is neither. */
function addressType({ users }: Gate): Socks6Step {
  const detail = 'an address of an unknown type';
  if (users) return { kind: 'reply', bytes: authReply(socks.AUTH_FAILED), reason: 'unsupported', detail };
  return unsupported(codes.REPLY_ADDRESS_NOT_SUPPORTED, detail, authReply(socks.AUTH_SUCCEEDED));
}

function unsupported(code: number, detail: string, before: Buffer = Buffer.alloc(0)): Socks6Step {
  const bytes = Buffer.concat([before, operationReply(code)]);
  return { kind: 'reply', bytes, reason: 'unsupported', detail };
}
