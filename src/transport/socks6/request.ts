// A client's request, with everything that it says of itself in the options.
import type { RemoteLeg } from '../handshake.ts';
import type { NamedTarget } from '../socks-address.ts';
import { type Ticket, WANTED_TOKENS } from './client-session.ts';
import * as socks from './constants.ts';
import type { SocksLogin } from '../../config/server-protocol.ts';
import { encodeLogin } from '../socks-login.ts';
import { encodeAddressed } from './message.ts';
import { encodeOption, u32 } from './options.ts';
import { encodeRemoteLeg } from './stack.ts';

export interface RequestParts {
  readonly target: NamedTarget;
  readonly remoteLeg: RemoteLeg;
  /** Of the session that the request belongs to, which stands for the login. */
  readonly ticket: Ticket | undefined;
  readonly login: SocksLogin | undefined;
  /** Offers the login for an authentication phase as well, without first bytes before it. */
  readonly isOffered: boolean;
  readonly asksSession: boolean;
}

/** A CONNECT. */
export function encodeRequest({ target, remoteLeg, ...parts }: RequestParts): Buffer {
  const identity = parts.ticket ? ticketOptions(parts.ticket) : loginOptions(parts);
  return encodeAddressed(socks.COMMAND_CONNECT, target, [...encodeRemoteLeg(remoteLeg), ...identity]);
}

function ticketOptions({ id, token }: Ticket): Buffer[] {
  const session = encodeOption(socks.OPTION_SESSION_ID, id);
  return token === undefined ? [session] : [session, encodeOption(socks.OPTION_TOKEN, u32(token))];
}

function loginOptions({
  login,
  isOffered,
  asksSession,
}: Omit<RequestParts, 'target' | 'remoteLeg'>): Buffer[] {
  const options: Buffer[] = [];
  if (isOffered) options.push(encodeOption(socks.OPTION_METHODS, Buffer.of(0, 0, socks.METHOD_PASSWORD)));
  if (login)
    options.push(encodeOption(socks.OPTION_AUTH_DATA, Buffer.of(socks.METHOD_PASSWORD), encodeLogin(login)));
  if (asksSession) {
    options.push(encodeOption(socks.OPTION_SESSION_REQUEST));
    options.push(encodeOption(socks.OPTION_TOKENS_REQUEST, u32(WANTED_TOKENS)));
  }
  return options;
}
