// Users with a name and a password, in lists of the config.
import * as z from 'zod';
import { fault, keyDocs, secretWord, word } from './field.ts';
import { duplicates } from './shared.ts';

export interface SocksUser {
  readonly name: string;
  /** Never to be logged. */
  readonly password: string;
}

// RFC 1929: 1 to 255 bytes each.
export const SOCKS_WORD = /^[\x20-\x7e]{1,255}$/;
export const SOCKS_WORD_RULE = '1 to 255 printable ASCII characters';

const user = z.strictObject({
  name: word(SOCKS_WORD, SOCKS_WORD_RULE),
  password: secretWord(SOCKS_WORD, SOCKS_WORD_RULE),
});

export const socksUsers = (description: string) =>
  z
    .array(user)
    .min(1)
    .optional()
    .register(keyDocs, { type: 'list of `{ name = "...", password = "..." }`', description });

/** @param users may be half-checked */
export function refuseDoubles(users: unknown, context: z.RefinementCtx): void {
  for (const { index, first } of duplicates(users, 'name')) {
    fault(context, `is the same as of user[${first}]`, 'Give every user another name.', [
      'user',
      index,
      'name',
    ]);
  }
}
