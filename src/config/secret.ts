// The shared key of a router and its server: in the config as base64, or in a file of its own.
import * as z from 'zod';
import { fault, keyDocs } from './field.ts';

/** The length of a pre-shared key. */
export const KEY_BYTES = 32;

/** The text of a key file by the path that the config gives. @throws WanbondError when it cannot be read. */
export type ReadKeyFile = (path: string) => string;

const HOW = `Make one with \`head -c ${KEY_BYTES} /dev/urandom | base64\`.`;

/** The key in `text`, or undefined. Never put `text` into a message: it may be most of a key. */
function decodeKey(text: string): Uint8Array | undefined {
  const trimmed = text.trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(trimmed)) return undefined;
  return Uint8Array.from(Buffer.from(trimmed, 'base64'));
}

function keyFrom(text: string, context: z.RefinementCtx, where: string): Uint8Array {
  const key = decodeKey(text);
  if (!key) return fault(context, `${where} is not base64`, HOW);
  if (key.length !== KEY_BYTES)
    return fault(context, `${where} is ${key.length} bytes, not ${KEY_BYTES}`, HOW);
  return key;
}

/** `key` and `key-file`; exactly one of them is to be given, see `requireOneKey`. */
export function secretShape(readKeyFile: ReadKeyFile) {
  const key = z.string().transform((text, context) => keyFrom(text, context, 'the key'));
  const keyFile = z.string().transform((path, context) => {
    let text: string;
    try {
      text = readKeyFile(path);
    } catch (error) {
      const { message } = error as Error;
      return fault(context, message, `Create the file, or correct the path. ${HOW}`);
    }
    return keyFrom(text, context, `the content of ${path}`);
  });
  return {
    key: key.optional().register(keyDocs, {
      type: `base64 of ${KEY_BYTES} bytes`,
      description: `The key that router and server share. Either this or \`key-file\`. ${HOW}`,
    }),
    'key-file': keyFile.optional().register(keyDocs, {
      type: 'path',
      description:
        'A file that holds the key in base64; a relative path starts at the folder of the config file. Only its owner should be able to read it.',
    }),
  };
}

/** Reports a section that gives no key, or two. `read` may be half-checked: only presence is looked at. */
export function requireOneKey(read: object, context: z.RefinementCtx): void {
  const hasKey = 'key' in read && read.key !== undefined;
  const hasFile = 'key-file' in read && read['key-file'] !== undefined;
  if (hasKey && hasFile) {
    fault(context, 'is given together with `key`', 'Keep one of `key` and `key-file`.', ['key-file']);
  }
  if (!hasKey && !hasFile) fault(context, 'is missing', `Give \`key\` or \`key-file\`. ${HOW}`, ['key']);
}

/** Reports a key where there is nobody to share it with. `read` may be half-checked. */
export function refuseKey(read: object, context: z.RefinementCtx): void {
  for (const [name, value] of Object.entries(read)) {
    if ((name !== 'key' && name !== 'key-file') || value === undefined) continue;
    fault(context, 'is given together with `foreign`', `Remove \`${name}\`, or \`foreign = true\`.`, [name]);
  }
}
