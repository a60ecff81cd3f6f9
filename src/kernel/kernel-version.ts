// Versions of Linux: as its Makefile, a tag, or OpenWrt's build system writes them.

export interface KernelVersion {
  /** As OpenWrt names its folders: "4.4", "6.6". */
  readonly series: string;
  /** With the stable release: "4.4.74"; "6.6" is the first of its series. */
  readonly full: string;
}

const field = (makefile: string, name: string): string | undefined =>
  new RegExp(`^${name}\\s*=\\s*(\\d+)`, 'm').exec(makefile)?.[1];

/** Of the kernel's top Makefile; undefined when it is none. */
export function versionOfMakefile(makefile: string): KernelVersion | undefined {
  const major = field(makefile, 'VERSION');
  const minor = field(makefile, 'PATCHLEVEL');
  return major === undefined || minor === undefined
    ? undefined
    : version(major, minor, field(makefile, 'SUBLEVEL'));
}

/** Of "v4.4.74", "6.6.73" or the like anywhere in `text`. */
export function versionIn(text: string): KernelVersion | undefined {
  const found = /(?:^|[^\d.])(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found?.[1] === undefined || found[2] === undefined
    ? undefined
    : version(found[1], found[2], found[3]);
}

/** Negative when `a` is older, by major and minor number. */
export function compareSeries(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}

function version(major: string, minor: string, stable: string | undefined): KernelVersion {
  const series = `${major}.${minor}`;
  return { series, full: stable === undefined || stable === '0' ? series : `${series}.${stable}` };
}
