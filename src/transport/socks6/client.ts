// The client's side of SOCKS 6: request, login and first bytes in one write, a token of the session against replays.
//
// Without an offer to negotiate no authentication phase can follow the request, so first bytes of any length may (the
// draft's "false start"). With it a server that knows no login inside a request may ask for it; first bytes then wait, as
// those that come between request and login would have to be counted in the request.
import type { ClientHandshake, ClientStep, ClientTransport, RemoteLeg } from '../handshake.ts';
import { refused } from '../refused.ts';
import type { NamedTarget } from '../socks-address.ts';
import { ClientSession, type Ticket } from './client-session.ts';
import * as socks from './constants.ts';
import type { SocksLogin } from '../../config/server-protocol.ts';
import { LOGIN_GOOD, encodeLogin } from '../socks-login.ts';
import { reasonOf, REPLY_SUCCEEDED, REPLY_TIMED_OUT } from '../socks-reply.ts';
import { type AuthReply, decodeAddressed, decodeAuthReply, type Unread } from './message.ts';
import { only, type Option } from './options.ts';
import { encodeRequest } from './request.ts';
import { decodeRemoteLeg } from './stack.ts';

export interface Socks6ClientOptions {
  readonly login: SocksLogin | undefined;
  /** The login may be asked for after the request, by servers that do not know it inside: first bytes wait for that. */
  readonly isNegotiable: boolean;
  /** Ask for a session and spend its tokens, so that a request that arrives twice is served once. */
  readonly usesTokens: boolean;
  /** The request may arrive twice, as in a SYN with data: first bytes are held back while there is no token. */
  readonly isReplayable: boolean;
  /** How the server shall make its leg to the target. */
  readonly remoteLeg: RemoteLeg;
}

export interface Socks6ClientHandshake extends ClientHandshake {
  /** Asks to be read before each hello: a retry may have no token any more. */
  readonly holdsEarly: boolean;
  /** How the server made its leg to the target; undefined before it is established. */
  readonly remoteLeg: RemoteLeg | undefined;
}

export interface Socks6ClientTransport extends ClientTransport {
  start(target: NamedTarget): Socks6ClientHandshake;
}

const MORE: ClientStep = { kind: 'more' };
const LOGIN_REPLY_BYTES = 2;
const BAD_LOGIN = 'it refused the user or the password';

/** A transport remembers its session: one for each server and worker. */
export function createSocks6Client(options: Socks6ClientOptions): Socks6ClientTransport {
  const session = options.usesTokens ? new ClientSession() : undefined;
  return { start: (target) => new Handshake(options, session, target) };
}

class Handshake implements Socks6ClientHandshake {
  remoteLeg: RemoteLeg | undefined;
  readonly #options: Socks6ClientOptions;
  readonly #session: ClientSession | undefined;
  readonly #target: NamedTarget;
  /** Taken anew for a retry only: the same request says the same. */
  #ticket: Ticket | undefined;
  #stage: 'authentication' | 'login' | 'authenticated' | 'operation' = 'authentication';
  /** Where the reply that is waited for begins in all that was received. */
  #at = 0;
  #earlyBytes = 0;
  #hasRetried = false;
  #told: readonly Option[] = [];

  constructor(options: Socks6ClientOptions, session: ClientSession | undefined, target: NamedTarget) {
    this.#options = options;
    this.#session = session;
    this.#target = target;
    this.#ticket = session?.take();
  }

  get holdsEarly(): boolean {
    return this.#isOffering || (this.#options.isReplayable && this.#ticket?.token === undefined);
  }

  hello(early: Uint8Array): Buffer {
    this.#stage = 'authentication';
    this.#at = 0;
    const first = this.holdsEarly ? early.subarray(0, 0) : early;
    this.#earlyBytes = first.length;
    return Buffer.concat([this.#request(), first]);
  }

  receive(bytes: Uint8Array): ClientStep {
    const reply = bytes.subarray(this.#at);
    if (this.#stage === 'operation') return this.#onOperation(reply);
    if (this.#stage === 'login') return this.#onLogin(bytes);
    const auth = decodeAuthReply(reply);
    return typeof auth === 'string' ? unread(auth) : this.#onAuthentication(auth, bytes);
  }

  get #isOffering(): boolean {
    return this.#options.isNegotiable && this.#options.login !== undefined && !this.#ticket;
  }

  #request(): Buffer {
    const { login, remoteLeg } = this.#options;
    return encodeRequest({
      target: this.#target,
      remoteLeg,
      ticket: this.#ticket,
      login,
      isOffered: this.#isOffering,
      asksSession: !this.#ticket && this.#session?.shouldAsk() === true,
    });
  }

  #onAuthentication({ type, options, bytes: read }: AuthReply, bytes: Uint8Array): ClientStep {
    this.#at += read;
    if (type === socks.AUTH_SUCCEEDED) {
      this.#told = options;
      this.#remember(options);
      this.#stage = 'operation';
      return this.receive(bytes);
    }
    if (type !== socks.AUTH_FAILED) return refused('malformed', `an authentication reply of type ${type}`);
    const has = (kind: number): boolean => options.some((one) => one.kind === kind);
    if (this.#ticket && has(socks.OPTION_SESSION_INVALID)) {
      this.#session?.forget(this.#ticket.id);
      return this.#retry() ?? refused('not-authorized', 'it forgot the session twice');
    }
    if (has(socks.OPTION_TOKEN_REJECTED)) {
      // The request may have been served already: only one that brought the target no bytes may be made again.
      const again = this.#earlyBytes === 0 ? this.#retry() : undefined;
      return again ?? refused('replayed', 'it takes the request for one that it has seen');
    }
    const method = only(options, socks.OPTION_METHOD);
    const { login } = this.#options;
    if (this.#stage === 'authentication' && this.#isOffering && login && isPassword(method)) {
      this.#stage = 'login';
      return { kind: 'send', bytes: encodeLogin(login) };
    }
    return refused('not-authorized', login ? BAD_LOGIN : 'it wants a user and password');
  }

  #onLogin(bytes: Uint8Array): ClientStep {
    if (bytes.length < this.#at + LOGIN_REPLY_BYTES) return MORE;
    if (bytes[this.#at + 1] !== LOGIN_GOOD) return refused('not-authorized', BAD_LOGIN);
    this.#at += LOGIN_REPLY_BYTES;
    this.#stage = 'authenticated';
    return this.receive(bytes);
  }

  #onOperation(bytes: Uint8Array): ClientStep {
    const reply = decodeAddressed(bytes);
    if (typeof reply === 'string') return unread(reply);
    if (reply.code !== REPLY_SUCCEEDED)
      return refused(reasonOf(reply.code, REPLY_TIMED_OUT), `it answered code ${reply.code}`);
    // The draft puts a new session's id into this reply in one place, and into the other in another.
    this.#remember([...this.#told, ...reply.options]);
    this.remoteLeg = decodeRemoteLeg(reply.options) ?? {};
    return { kind: 'established', consumed: this.#at + reply.bytes, families: undefined };
  }

  #remember(options: readonly Option[]): void {
    const window = only(options, socks.OPTION_TOKEN_WINDOW);
    if (!window || window === 'twice' || window.length !== 8) return;
    const [base, size] = [window.readUInt32BE(0), window.readUInt32BE(4)];
    if (size === 0 || size >= 2 ** 31) return;
    const id = only(options, socks.OPTION_SESSION_ID);
    if (this.#ticket) this.#session?.move(this.#ticket.id, { base, size });
    else if (id && id !== 'twice' && id.length > 0) this.#session?.start(id, { base, size });
  }

  #retry(): ClientStep | undefined {
    if (this.#hasRetried) return undefined;
    this.#hasRetried = true;
    this.#ticket = this.#session?.take();
    return { kind: 'retry' };
  }
}

const isPassword = (method: Buffer | 'twice' | undefined): boolean =>
  method !== undefined && method !== 'twice' && method[0] === socks.METHOD_PASSWORD;

function unread(why: Unread): ClientStep {
  if (why === 'more') return MORE;
  if (why === 'version') return refused('unsupported', 'the answer is not of SOCKS 6');
  return refused('malformed', 'an answer that SOCKS 6 does not know');
}
