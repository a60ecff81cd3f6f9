// What goes into a package of either format.
import type { FileEntry } from './file-entry.ts';

export interface PackageParts {
  /** With the release: `1.2.3-r1`. */
  readonly version: string;
  /** OpenWrt's name. */
  readonly architecture: string;
  /** One line. */
  readonly description: string;
  /** Names of packages. */
  readonly depends: readonly string[];
  readonly files: readonly FileEntry[];
  /** Absolute paths. */
  readonly conffiles: readonly string[];
  readonly scripts: Scripts;
  /** Seconds since 1970. */
  readonly time: number;
}

/** Shell scripts: after installing, before removing, after removing. */
export interface Scripts {
  readonly postinst: string;
  readonly prerm: string;
  readonly postrm: string;
}
