// A package of opkg, the package manager of OpenWrt 24.10: a gzipped tar of two gzipped tars.
import { EXECUTABLE, type FileEntry, READABLE, sizeOf } from './file-entry.ts';
import type { PackageParts } from './package-parts.ts';
import { LICENSE, NAME, SECTION } from './package-facts.ts';
import { gzip, tarOf } from './tar.ts';

export async function ipk(parts: PackageParts): Promise<Buffer> {
  const { time } = parts;
  const outer: FileEntry[] = [
    text('debian-binary', '2.0\n'),
    {
      path: 'control.tar.gz',
      mode: READABLE,
      data: gzip(await tarOf(control(parts), time, { folders: true })),
    },
    { path: 'data.tar.gz', mode: READABLE, data: gzip(await tarOf(parts.files, time, { folders: true })) },
  ];
  return gzip(await tarOf(outer, time, { folders: false }));
}

const text = (path: string, words: string, mode = READABLE): FileEntry => ({
  path,
  mode,
  data: Buffer.from(words),
});

function control(parts: PackageParts): FileEntry[] {
  const { postinst, prerm, postrm } = parts.scripts;
  return [
    text('control', controlFile(parts)),
    text('conffiles', parts.conffiles.map((path) => `${path}\n`).join('')),
    text('postinst', postinst, EXECUTABLE),
    text('prerm', prerm, EXECUTABLE),
    text('postrm', postrm, EXECUTABLE),
  ];
}

function controlFile({ version, depends, architecture, description, time, files }: PackageParts): string {
  const fields = {
    Package: NAME,
    Version: version,
    Depends: depends.join(', '),
    License: LICENSE,
    Section: SECTION,
    SourceDateEpoch: time,
    Architecture: architecture,
    'Installed-Size': sizeOf(files),
    Description: description,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}
