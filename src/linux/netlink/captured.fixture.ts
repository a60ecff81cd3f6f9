// The captured messages of captured.json, for tests.
import { readFileSync } from 'node:fs';
import { type NetlinkMessage, readMessages } from './message.ts';

/** Hex by name. */
export const captured = JSON.parse(
  readFileSync(new URL('captured.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, string>>;

/** @throws Error when it is not exactly one message */
export function capturedMessage(name: string): NetlinkMessage {
  const messages = readMessages(Buffer.from(captured[name] ?? '', 'hex'));
  if (messages.length !== 1) throw new Error(`captured.json has ${messages.length} messages as "${name}"`);
  return messages[0] as NetlinkMessage;
}
