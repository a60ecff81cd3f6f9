// Whose request it is: by a session, by a login inside the request, or by one that is asked for after it.
import type { FailureReason } from '../failure.ts';
import * as socks from './constants.ts';
import {
  LOGIN_VERSION,
  LOGIN_GOOD,
  LOGIN_BAD,
  decodeLogin,
  type KnownUser,
  type Users,
} from '../socks-login.ts';
import { authReply } from './message.ts';
import { encodeOption, type Option, only, u32 } from './options.ts';
import type { Session, SessionTable } from './sessions.ts';
import type { TokenWindow } from './tokens.ts';

export interface Gate {
  /** Undefined where nobody has to log in: there are no sessions then, as nobody answers for how many. */
  readonly users: Users | undefined;
  readonly sessions: SessionTable;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type Verdict =
  | { readonly kind: 'in'; readonly user: string | undefined; readonly reply: Buffer }
  /** The login comes behind the reply and so many first bytes. */
  | { readonly kind: 'ask'; readonly reply: Buffer; readonly initialBytes: number }
  /** `reply` is to be sent, where there is one, before the end. */
  | { readonly kind: 'out'; readonly reply: Buffer; readonly reason: FailureReason; readonly detail: string };

/** What of a request's options concerns authentication; undefined when something is cut or there twice. */
export interface Credentials {
  readonly sessionId: Buffer | undefined;
  readonly isTeardown: boolean;
  readonly asksSession: boolean;
  readonly wanted: number;
  readonly token: number | undefined;
  readonly login: Buffer | undefined;
  /** Undefined when the client takes part in no authentication phase. */
  readonly offer: { readonly initialBytes: number; readonly hasPassword: boolean } | undefined;
}

const U32_BYTES = 4;

export function readCredentials(options: readonly Option[]): Credentials | undefined {
  const [sessionId, wanted, token, methods] = [
    only(options, socks.OPTION_SESSION_ID),
    only(options, socks.OPTION_TOKENS_REQUEST),
    only(options, socks.OPTION_TOKEN),
    only(options, socks.OPTION_METHODS),
  ];
  const authData = options.filter(({ kind }) => kind === socks.OPTION_AUTH_DATA);
  if (authData.some(({ data }) => data.length === 0)) return undefined;
  const ofMethods = authData.map(({ data }) => ({ kind: data[0] as number, data: data.subarray(1) }));
  const login = only(ofMethods, socks.METHOD_PASSWORD);
  if (
    sessionId === 'twice' ||
    wanted === 'twice' ||
    token === 'twice' ||
    methods === 'twice' ||
    login === 'twice'
  )
    return undefined;
  if ([wanted, token].some((one) => one !== undefined && one.length !== U32_BYTES)) return undefined;
  if (sessionId?.length === 0 || (methods && methods.length < U32_BYTES)) return undefined;
  const initialBytes = methods?.readUInt16BE(0) ?? 0;
  if (initialBytes > socks.MAX_INITIAL_DATA_BYTES) return undefined;
  const has = (kind: number): boolean => options.some((one) => one.kind === kind);
  return {
    sessionId,
    isTeardown: has(socks.OPTION_SESSION_TEARDOWN),
    asksSession: has(socks.OPTION_SESSION_REQUEST),
    wanted: wanted?.readUInt32BE(0) ?? 0,
    token: token?.readUInt32BE(0),
    login,
    offer: methods && { initialBytes, hasPassword: methods.subarray(2).includes(socks.METHOD_PASSWORD) },
  };
}

export function judge(gate: Gate, asked: Credentials): Verdict {
  const { users, sessions } = gate;
  const { sessionId, login, offer } = asked;
  // One that ends a session is judged as one outside of it.
  if (sessionId && asked.isTeardown) sessions.close(sessionId);
  if (sessionId && !asked.isTeardown) return judgeSession(gate, asked, sessionId);
  if (!users) return { kind: 'in', user: undefined, reply: authReply(socks.AUTH_SUCCEEDED) };
  if (login) {
    const decoded = decodeLogin(login);
    const user = typeof decoded === 'string' ? undefined : users.find(decoded);
    return user ? letIn(gate, asked, user, [loginReply(LOGIN_GOOD)]) : BAD_LOGIN;
  }
  if (offer?.hasPassword) {
    const reply = authReply(socks.AUTH_FAILED, [methodOption(socks.METHOD_PASSWORD)]);
    return { kind: 'ask', reply, initialBytes: offer.initialBytes };
  }
  const options = offer ? [methodOption(socks.METHOD_NO_ACCEPTABLE)] : [];
  return out('not-authorized', 'offers no user and password', options);
}

/** For a login that came after the request: a session may begin with it. */
export function letIn(
  { sessions, now }: Gate,
  asked: Credentials,
  user: KnownUser,
  options: readonly Buffer[] = [],
): Verdict {
  const asksSession = asked.asksSession && !asked.sessionId;
  if (asksSession && asked.token !== undefined) return TOKEN_REJECTED;
  const session = asksSession ? sessions.open(user.owner, asked.wanted, now()) : undefined;
  const told = session
    ? [encodeOption(socks.OPTION_SESSION_ID, session.id), ...windowOptions(session.window)]
    : [];
  return { kind: 'in', user: user.name, reply: authReply(socks.AUTH_SUCCEEDED, [...options, ...told]) };
}

function judgeSession({ users, sessions, now }: Gate, { wanted, token }: Credentials, id: Buffer): Verdict {
  const session = users && sessions.use(id, { wanted, token }, now());
  // The user may have gone since, or have another password.
  const user = session && users.ofOwner(session.owner);
  if (!user) return out('not-authorized', 'an unknown session', [encodeOption(socks.OPTION_SESSION_INVALID)]);
  if (session.isTokenGood === false) return TOKEN_REJECTED;
  return { kind: 'in', user: user.name, reply: authReply(socks.AUTH_SUCCEEDED, sessionOptions(session)) };
}

function sessionOptions({ window, isTokenGood }: Session): Buffer[] {
  return [
    encodeOption(socks.OPTION_SESSION_OK),
    ...windowOptions(window),
    ...(isTokenGood ? [encodeOption(socks.OPTION_TOKEN_ACCEPTED)] : []),
  ];
}

const windowOptions = (window: TokenWindow | undefined): Buffer[] =>
  window ? [encodeOption(socks.OPTION_TOKEN_WINDOW, u32(window.base), u32(window.size))] : [];

const methodOption = (method: number): Buffer => encodeOption(socks.OPTION_METHOD, Buffer.of(method));

const loginReply = (status: number): Buffer =>
  encodeOption(socks.OPTION_AUTH_DATA, Buffer.of(socks.METHOD_PASSWORD, LOGIN_VERSION, status));

const out = (
  reason: FailureReason,
  detail: string,
  options: readonly Buffer[] = [],
): Verdict & { kind: 'out' } => ({
  kind: 'out',
  reply: authReply(socks.AUTH_FAILED, options),
  reason,
  detail,
});

const BAD_LOGIN = out('not-authorized', 'wrong user or password', [loginReply(LOGIN_BAD)]);
const TOKEN_REJECTED = out('replayed', 'its token was spent before, or is outside the window', [
  encodeOption(socks.OPTION_TOKEN_REJECTED),
]);
