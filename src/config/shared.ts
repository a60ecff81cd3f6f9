// What the schemas of both roles share besides [relay] and [log].
import { absolutePath, keyDocs, word } from './field.ts';

/** The port that the RFC 8803 dissector of Wireshark uses; the RFC gives none. */
export const DEFAULT_PORT = 5124;

/** By role: control socket and journal are there. */
export const DEFAULT_STATE_DIR = { router: '/run/wanbond', server: '/run/wanbond-server' } as const;

export const DEFAULT_SERVER_ID = 'wanbond';

export const serverId = (description: string) =>
  word(/^[\x21-\x7e]{1,64}$/, '1 to 64 printable ASCII characters without spaces')
    .prefault(DEFAULT_SERVER_ID)
    .register(keyDocs, {
      type: 'text, 1 to 64 printable ASCII characters',
      default: JSON.stringify(DEFAULT_SERVER_ID),
      description,
    });

export const stateDir = (role: keyof typeof DEFAULT_STATE_DIR) =>
  absolutePath()
    .prefault(DEFAULT_STATE_DIR[role])
    .register(keyDocs, {
      type: 'absolute path',
      default: JSON.stringify(DEFAULT_STATE_DIR[role]),
      description: 'Where the control socket and the record of changed settings are kept.',
    });

export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The entries of `list` whose `key` an earlier entry has already. `list` may be half-checked. */
export function duplicates(list: unknown, key: string): { readonly index: number; readonly first: number }[] {
  if (!Array.isArray(list)) return [];
  const firsts = new Map<unknown, number>();
  const found: { index: number; first: number }[] = [];
  list.forEach((entry: unknown, index) => {
    const value = isTable(entry) ? entry[key] : undefined;
    if (typeof value !== 'string' && typeof value !== 'number') return;
    const first = firsts.get(value);
    if (first === undefined) firsts.set(value, index);
    else found.push({ index, first });
  });
  return found;
}
