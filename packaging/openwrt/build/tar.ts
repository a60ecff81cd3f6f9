// Tar archives in memory, the same bytes for the same files.
import { gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { WanbondError } from '../../../src/base/error.ts';
import { type FileEntry, FOLDER, foldersOf, sorted } from './file-entry.ts';

// The field of the header: opkg ignores what would go beyond it.
const NAME_BYTES = 100;

/**
 * Names start with `./`, all belongs to root, all has the same time.
 * @param time seconds since 1970 @param folders list them too
 * @throws WanbondError `long-name`
 */
export async function tarOf(
  files: readonly FileEntry[],
  time: number,
  { folders }: { readonly folders: boolean },
): Promise<Buffer> {
  const archive = pack();
  const common = { uid: 0, gid: 0, uname: 'root', gname: 'root', mtime: new Date(time * 1000) };
  for (const folder of folders ? ['', ...foldersOf(files)] : []) {
    archive.entry({
      ...common,
      name: named(folder === '' ? '' : `${folder}/`),
      mode: FOLDER,
      type: 'directory',
    });
  }
  for (const { path, mode, data } of sorted(files)) {
    archive.entry({ ...common, name: named(path), mode, type: 'file' }, Buffer.from(data));
  }
  archive.finalize();
  return collect(archive);
}

/** Without time and name of a file in its header. */
export const gzip = (data: Buffer): Buffer => gzipSync(data, { level: 9 });

function named(path: string): string {
  const name = `./${path}`;
  if (Buffer.byteLength(name) <= NAME_BYTES) return name;
  throw new WanbondError({
    code: 'long-name',
    message: `${path} has a name of more than ${NAME_BYTES} bytes`,
    hint: 'Shorten it: package managers of OpenWrt cannot read longer ones.',
  });
}

/** The files of an archive, by name. */
export async function untar(archive: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const reader = extract();
  reader.end(archive);
  for await (const entry of reader) {
    const data = await collect(entry);
    if (entry.header.type === 'file') files.set(entry.header.name, data);
  }
  return files;
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
