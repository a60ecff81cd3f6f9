// Reads ADB files and the packages of apk in them: written from the format's description, with nothing of our writer's.
import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';

export type Read = null | number | string | Buffer | readonly Read[];
export type Kind =
  | 'int'
  | 'text'
  | 'bytes'
  | readonly [Kind]
  | Readonly<Record<number, readonly [string, Kind]>>;

export interface Block {
  readonly type: number;
  readonly content: Buffer;
}

/** The schema, and the blocks, of a file that is deflated. */
export function readFile(file: Buffer): { readonly schema: string; readonly blocks: readonly Block[] } {
  if (file.toString('latin1', 0, 4) !== 'ADBd') throw new Error('not a deflated ADB file');
  const plain = inflateRawSync(file.subarray(4));
  if (plain.toString('latin1', 0, 4) !== 'ADB.') throw new Error('no ADB file inside');
  const blocks: Block[] = [];
  for (let at = 8; at < plain.length; ) {
    const word = plain.readUInt32LE(at);
    const size = word & 0x3fffffff;
    if (at + size > plain.length) throw new Error(`the block at ${at} goes beyond the end`);
    blocks.push({ type: word >>> 30, content: plain.subarray(at + 4, at + size) });
    const next = (at + size + 7) & ~7;
    if (plain.subarray(at + size, next).some((byte) => byte !== 0))
      throw new Error(`dirt after ${at + size}`);
    at = next;
  }
  return { schema: plain.toString('latin1', 4, 8), blocks };
}

/** The root of an ADB block, by a description of what is in it. Objects are records by name; null fields are left out. */
export function readRoot(adb: Buffer, kind: Kind): unknown {
  if (adb.readUInt32LE(0) !== 0) throw new Error('another version of ADB');
  return read(adb, adb.readUInt32LE(4), kind);
}

function read(adb: Buffer, word: number, kind: Kind): unknown {
  if (word === 0) return undefined;
  const [type, rest] = [word >>> 28, word & 0x0fffffff];
  if (kind === 'int') return integer(adb, type, rest);
  if (kind === 'text' || kind === 'bytes') {
    const bytes = blob(adb, type, rest);
    return kind === 'text' ? bytes.toString() : bytes;
  }
  if (rest % 4 !== 0) throw new Error(`a list at ${rest} is not aligned`);
  const words = Array.from({ length: adb.readUInt32LE(rest) - 1 }, (_, i) =>
    adb.readUInt32LE(rest + 4 * (i + 1)),
  );
  if (Array.isArray(kind)) {
    if (type !== 0xd) throw new Error(`type ${type} where an array belongs`);
    return words.map((one) => read(adb, one, kind[0] as Kind));
  }
  if (type !== 0xe) throw new Error(`type ${type} where an object belongs`);
  if (words.at(-1) === 0) throw new Error('an object ends in a field that is not there');
  const fields = kind as Readonly<Record<number, readonly [string, Kind]>>;
  return Object.fromEntries(
    words.flatMap((one, i) => {
      const field = fields[i + 1];
      if (one === 0) return [];
      if (!field) throw new Error(`field ${i + 1} is not known`);
      return [[field[0], read(adb, one, field[1])]];
    }),
  );
}

function integer(adb: Buffer, type: number, rest: number): number {
  if (type === 1) return rest;
  if (type !== 2 || rest % 4 !== 0) throw new Error(`type ${type} at ${rest} where a number belongs`);
  return adb.readUInt32LE(rest);
}

function blob(adb: Buffer, type: number, rest: number): Buffer {
  const width = [1, 2, 4][type - 8];
  if (width === undefined || rest % width !== 0)
    throw new Error(`type ${type} at ${rest} where a blob belongs`);
  const length = adb.readUIntLE(rest, width);
  if (rest + width + length > adb.length) throw new Error(`the blob at ${rest} goes beyond the end`);
  return adb.subarray(rest + width, rest + width + length);
}

const ACL: Kind = { 1: ['mode', 'int'], 2: ['user', 'text'], 3: ['group', 'text'] };
const FILE: Kind = {
  1: ['name', 'text'],
  2: ['acl', ACL],
  3: ['size', 'int'],
  4: ['mtime', 'int'],
  5: ['hash', 'bytes'],
};
const PACKAGE: Kind = {
  1: [
    'info',
    {
      1: ['name', 'text'],
      2: ['version', 'text'],
      3: ['id', 'bytes'],
      4: ['description', 'text'],
      5: ['arch', 'text'],
      6: ['license', 'text'],
      7: ['origin', 'text'],
      12: ['installedSize', 'int'],
      15: ['depends', [{ 1: ['name', 'text'] }]],
    },
  ],
  2: ['paths', [{ 1: ['name', 'text'], 2: ['acl', ACL], 3: ['files', [FILE]] }]],
  3: [
    'scripts',
    {
      3: ['postInstall', 'text'],
      4: ['preDeinstall', 'text'],
      5: ['postDeinstall', 'text'],
      7: ['postUpgrade', 'text'],
    },
  ],
};

interface AclRead {
  readonly mode: number;
  readonly user: string;
  readonly group: string;
}

export interface PackageRead {
  readonly info: Readonly<Record<string, unknown>> & {
    readonly depends: readonly { readonly name: string }[];
  };
  readonly scripts: Readonly<Record<string, string>>;
  readonly folders: readonly { readonly name: string; readonly acl: AclRead }[];
  readonly files: readonly FileRead[];
}

export interface FileRead {
  readonly path: string;
  readonly acl: AclRead;
  readonly mtime: number;
  readonly data: Buffer;
}

interface FolderRead {
  readonly name?: string;
  readonly acl: AclRead;
  readonly files?: readonly { name: string; acl: AclRead; size: number; mtime: number; hash: Buffer }[];
}

/** Unpacks as apk does: every file that has bytes takes the next block, whose place, size and hash must be its own. */
export function readPackage(file: Buffer): PackageRead {
  const { schema, blocks } = readFile(file);
  const [first, ...data] = blocks;
  if (schema !== 'pckg' || first?.type !== 0) throw new Error(`no package: ${schema}`);
  const { info, paths, scripts } = readRoot(first.content, PACKAGE) as {
    info: PackageRead['info'] & { id: Buffer };
    paths: readonly FolderRead[];
    scripts: PackageRead['scripts'];
  };
  checkId(first.content, info.id);
  const files = paths.flatMap((folder, i) =>
    (folder.files ?? []).map((one, j): FileRead => {
      const path = folder.name === undefined ? one.name : `${folder.name}/${one.name}`;
      const bytes = one.size === 0 ? Buffer.alloc(0) : takeData(data.shift(), i + 1, j + 1, path);
      if (bytes.length !== one.size) throw new Error(`${path} has another size`);
      if (!createHash('sha256').update(bytes).digest().equals(one.hash))
        throw new Error(`${path} has another hash`);
      return { path, acl: one.acl, mtime: one.mtime, data: bytes };
    }),
  );
  if (data.length > 0) throw new Error('more data than files');
  return { info, scripts, files, folders: paths.map(({ name = '', acl }) => ({ name, acl })) };
}

function takeData(block: Block | undefined, folder: number, file: number, path: string): Buffer {
  if (block?.type !== 2) throw new Error(`no data for ${path}`);
  const place = [block.content.readUInt32LE(0), block.content.readUInt32LE(4)];
  if (place[0] !== folder || place[1] !== file)
    throw new Error(`data of ${place.join('/')} where ${path}'s belongs`);
  return block.content.subarray(8);
}

/** The id is the hash of the block as it was before the id was in it. */
function checkId(adb: Buffer, id: Buffer): void {
  const before = Buffer.from(adb);
  before.fill(0, adb.indexOf(id), adb.indexOf(id) + id.length);
  const hash = createHash('sha256').update(before).digest();
  if (id.length !== 20 || !hash.subarray(0, 20).equals(id))
    throw new Error('the id is not the hash of the block');
}
