// A package of apk-tools 3, the package manager of OpenWrt 25.12: its facts and the list of its files as one ADB block, and
// a block for each file. It bears no signature; the hashes of the files, and of the facts with them, are in it.
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { ADB_BLOCK, AdbWriter, type AdbValue, block, DEFLATED_MAGIC, FILE_MAGIC } from './adb.ts';
import { byBytes, type FileEntry, FOLDER, foldersOf, READABLE, sizeOf, sorted } from './file-entry.ts';
import { LICENSE, NAME } from './package-facts.ts';
import type { PackageParts, Scripts } from './package-parts.ts';

// Numbers of fields, from apk-tools' schemas.
const PACKAGE = { info: 1, paths: 2, scripts: 3 } as const;
const INFO = {
  name: 1,
  version: 2,
  hashes: 3,
  description: 4,
  arch: 5,
  license: 6,
  origin: 7,
  installedSize: 12,
  depends: 15,
} as const;
const DEPENDENCY = { name: 1 } as const;
const FOLDER_FIELDS = { name: 1, acl: 2, files: 3 } as const;
const FILE = { name: 1, acl: 2, size: 3, mtime: 4, hashes: 5 } as const;
const ACL = { mode: 1, user: 2, group: 3 } as const;
const SCRIPTS = { postInstall: 3, preDeinstall: 4, postDeinstall: 5, postUpgrade: 7 } as const;

const SCHEMA = 'pckg';
/** What a package is known by: so much of the SHA-256 of its ADB block, taken with zeros in its place. */
const ID_BYTES = 20;
const OWNER = 'root';
/** OpenWrt's scripts look for what is installed here. */
const LISTS = `lib/apk/packages/${NAME}`;

export function apk(parts: PackageParts): Buffer {
  const files = sorted([...parts.files, ...lists(parts)]);
  const folders = ['', ...foldersOf(files)].map((folder) => ({ folder, files: inFolder(files, folder) }));
  const adb = new AdbWriter();
  const id = adb.reserve(ID_BYTES);
  const root = adb.object({
    [PACKAGE.info]: info(adb, parts, sizeOf(files), id.value),
    [PACKAGE.paths]: adb.array(folders.map((one) => folderValue(adb, one.folder, one.files, parts.time))),
    [PACKAGE.scripts]: scripts(adb, parts.scripts),
  });
  const content = adb.finish(root);
  createHash('sha256').update(content).digest().copy(content, id.at, 0, ID_BYTES);
  const data = folders.flatMap((one, i) => one.files.flatMap((file, j) => dataBlock(i + 1, j + 1, file)));
  const whole = Buffer.concat([Buffer.from(FILE_MAGIC + SCHEMA), block(ADB_BLOCK.adb, content), ...data]);
  return Buffer.concat([Buffer.from(DEFLATED_MAGIC), deflateRawSync(whole, { level: 9 })]);
}

function info(adb: AdbWriter, parts: PackageParts, bytes: number, id: AdbValue): AdbValue {
  return adb.object({
    [INFO.name]: adb.blob(NAME),
    [INFO.version]: adb.blob(parts.version),
    [INFO.hashes]: id,
    [INFO.description]: adb.blob(parts.description),
    [INFO.arch]: adb.blob(parts.architecture),
    [INFO.license]: adb.blob(LICENSE),
    [INFO.origin]: adb.blob(NAME),
    [INFO.installedSize]: adb.int(bytes),
    [INFO.depends]: adb.array(
      parts.depends.toSorted(byBytes).map((name) => adb.object({ [DEPENDENCY.name]: adb.blob(name) })),
    ),
  });
}

/** Of the files right in it, in the order of their names. */
function inFolder(files: readonly FileEntry[], folder: string): FileEntry[] {
  const start = folder === '' ? '' : `${folder}/`;
  return files
    .filter(({ path }) => path.startsWith(start) && !path.includes('/', start.length))
    .toSorted((a, b) => byBytes(a.path, b.path));
}

function folderValue(adb: AdbWriter, folder: string, files: readonly FileEntry[], time: number): AdbValue {
  return adb.object({
    [FOLDER_FIELDS.name]: adb.blob(folder),
    [FOLDER_FIELDS.acl]: acl(adb, FOLDER),
    [FOLDER_FIELDS.files]: adb.array(files.map((file) => fileValue(adb, file, time))),
  });
}

function fileValue(adb: AdbWriter, { path, mode, data }: FileEntry, time: number): AdbValue {
  return adb.object({
    [FILE.name]: adb.blob(path.slice(path.lastIndexOf('/') + 1)),
    [FILE.acl]: acl(adb, mode),
    [FILE.size]: adb.int(data.length),
    [FILE.mtime]: adb.int(time),
    [FILE.hashes]: adb.blob(createHash('sha256').update(data).digest()),
  });
}

const acl = (adb: AdbWriter, mode: number): AdbValue =>
  adb.object({ [ACL.mode]: adb.int(mode), [ACL.user]: adb.blob(OWNER), [ACL.group]: adb.blob(OWNER) });

/** An upgrade runs the new package's script after it, and tells it so as OpenWrt does. */
function scripts(adb: AdbWriter, { postinst, prerm, postrm }: Scripts): AdbValue {
  return adb.object({
    [SCRIPTS.postInstall]: adb.blob(postinst),
    [SCRIPTS.preDeinstall]: adb.blob(prerm),
    [SCRIPTS.postDeinstall]: adb.blob(postrm),
    [SCRIPTS.postUpgrade]: adb.blob(postinst.replace('\n', '\nexport PKG_UPGRADE=1\n')),
  });
}

/** For each file that has any: which folder and which file of it, both from 1 on, then its bytes. */
function dataBlock(folder: number, file: number, { data }: FileEntry): Buffer[] {
  if (data.length === 0) return [];
  const place = Buffer.alloc(8);
  place.writeUInt32LE(folder);
  place.writeUInt32LE(file, 4);
  return [block(ADB_BLOCK.data, place, data)];
}

function lists({ files, conffiles }: PackageParts): FileEntry[] {
  const text = (suffix: string, lines: readonly string[]): FileEntry => ({
    path: `${LISTS}.${suffix}`,
    mode: READABLE,
    data: Buffer.from(lines.map((line) => `${line}\n`).join('')),
  });
  return [
    text('list', files.map(({ path }) => `/${path}`).toSorted(byBytes)),
    text('conffiles', conffiles),
    // As they come, for telling whether their owner has changed them.
    text(
      'conffiles_static',
      conffiles.map((path) => `${path} ${sha256Of(files, path)}`),
    ),
  ];
}

function sha256Of(files: readonly FileEntry[], absolute: string): string {
  const file = files.find(({ path }) => `/${path}` === absolute);
  return createHash('sha256')
    .update(file?.data ?? '')
    .digest('hex');
}
