// What a patch is called among OpenWrt's: its number, whether that is free, and the words after it.
import { WanbondError } from '../../base/error.ts';

/** A series of network patches begins here: 6xx is the network, and 690 is behind what OpenWrt has of its own. */
export const DEFAULT_NUMBER = 690;

/** What the names of a run have in common. */
export interface PatchNaming {
  readonly number: number;
  /** As "mptcp_v0.92" or "mptcp". */
  readonly name: string;
  /** As "v6.12", of a back-port from mainline; undefined for what mainline never had. */
  readonly mainline: string | undefined;
  /** Of the branch's newest commit, 7 digits or more. */
  readonly short: string;
}

/** `690-mptcp_v0.92_e1243fb.patch`; a back-port is `690-v6.12-mptcp.patch`. */
export function lumpName({ number, name, mainline, short }: PatchNaming): string {
  const digits = formatNumber(number);
  return mainline === undefined ? `${digits}-${name}_${short}.patch` : `${digits}-${mainline}-${name}.patch`;
}

/** `690-01-mptcp_v0.92-tcp-add-a-hook.patch`, numbered so that they sort in their order. */
export function splitNames(naming: PatchNaming, subjects: readonly string[]): string[] {
  const width = Math.max(2, String(subjects.length).length);
  const origin = naming.mainline === undefined ? naming.name : `${naming.mainline}-${naming.name}`;
  return subjects.map((subject, i) => {
    const digits = `${formatNumber(naming.number)}-${String(i + 1).padStart(width, '0')}`;
    return `${digits}-${origin}-${slug(subject)}.patch`;
  });
}

/** Of a branch: what is behind the remote's name, in letters that a file name may have. */
export function nameOfBranch(branch: string): string {
  const last = branch.replace(/\/+$/, '').split('/').pop() ?? '';
  return last.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll(/^[-.]+|[-.]+$/g, '') || 'patch';
}

/** Of a subject line, in the way of `git format-patch`. */
export function slug(subject: string): string {
  // Ours: as long as git makes them.
  const text = subject.replaceAll(/[^A-Za-z0-9._]+/g, '-').slice(0, 52);
  return text.replaceAll(/^[-.]+|[-.]+$/g, '') || 'patch';
}

/** Earlier versions of the same patch, as a number and `name` tell: another commit, or split instead of whole. */
export function earlierVersions(names: readonly string[], { name, mainline }: PatchNaming): string[] {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const is =
    mainline === undefined
      ? new RegExp(`^\\d+-(?:\\d+-${escaped}-.+|${escaped}_[0-9a-f]{7,40})\\.patch$`)
      : new RegExp(`^\\d+-(?:\\d+-v\\d+\\.\\d+-${escaped}-.+|v\\d+\\.\\d+-${escaped})\\.patch$`);
  return names.filter((one) => is.test(one));
}

/**
 * The number for a new patch in a folder with `names`: the wanted one, or without `isPinned` the next that is free.
 * @throws WanbondError `number-taken`
 */
export function chooseNumber(names: readonly string[], wanted: number, isPinned: boolean): number {
  const owners = new Map<number, string>();
  for (const name of names) {
    const digits = /^(\d+)-/.exec(name)?.[1];
    if (digits !== undefined && !owners.has(Number(digits))) owners.set(Number(digits), name);
  }
  if (!owners.has(wanted)) return wanted;
  // The hundred says what a patch is about.
  const end = (Math.floor(wanted / 100) + 1) * 100;
  const free = Array.from({ length: end - wanted - 1 }, (_, i) => wanted + 1 + i).find((n) => !owners.has(n));
  if (!isPinned && free !== undefined) return free;
  throw new WanbondError({
    code: 'number-taken',
    message: isPinned
      ? `the number ${formatNumber(wanted)} is taken by ${owners.get(wanted)}`
      : `all numbers from ${formatNumber(wanted)} to ${end - 1} are taken`,
    hint:
      free === undefined
        ? 'Give another with --number, as 600.'
        : `Give another with --number; ${formatNumber(free)} is free.`,
  });
}

/** Three digits, as they all have. */
export const formatNumber = (number: number): string => String(number).padStart(3, '0');
