// Keys that take an address, or the name of a host: of what else is written along with it, the host is picked out.
import * as z from 'zod';
import { type Address, formatAddress, parseAddress } from '../base/address.ts';
import { isHostName } from '../base/host-name.ts';
import { fault, parsed } from './field.ts';

/** @param hasPort whether the table has a key `port` beside it */
export const address = (hasPort: boolean) =>
  z.string().transform((text, context): Address => {
    const more = writtenAround(text, hasPort);
    return more ? fault(context, ...more) : parsed(text, context, parseAddress);
  });

/** An address, or a name that is looked up while the daemon runs. */
export type ServerHost = Address | string;

export const hostText = (host: ServerHost): string => (typeof host === 'string' ? host : formatAddress(host));

// Digits and dots, or hex digits and colons.
const MEANT_AS_ADDRESS = /^[\d.]+$|^[\da-f.]*:[\da-f.:]*$/i;

/** An address, or the text of a host name, beside a key `port`. */
export const hostOrAddress = () =>
  z.string().transform((text, context): ServerHost => {
    const more = writtenAround(text, true);
    if (more) return fault(context, ...more);
    if (MEANT_AS_ADDRESS.test(text)) return parsed(text, context, parseAddress);
    if (isHostName(text)) return text;
    const hint = 'Write an IP address or a host name like vps.example.net.';
    return fault(context, `${JSON.stringify(text)} is neither an IP address nor a host name`, hint);
  });

const IN_BRACKETS = /^\[([^\]]+)\]$/;
/** One colon is too few for an IPv6 address. */
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/;

/** Brackets and a port, as URLs have them: what is wrong, and what to do. */
function writtenAround(text: string, hasPort: boolean): [message: string, hint: string] | undefined {
  const quoted = JSON.stringify(text);
  const bare = IN_BRACKETS.exec(text)?.[1];
  if (bare !== undefined) return [`${quoted} has brackets`, `Write ${JSON.stringify(bare)}.`];
  const [, v6, other, port] = WITH_PORT.exec(text) ?? [];
  const host = v6 ?? other;
  if (host === undefined) return undefined;
  const rest = hasPort ? `, and ${port} as \`port\`` : ' alone';
  return [`${quoted} holds a port`, `Write ${JSON.stringify(host)}${rest}.`];
}
