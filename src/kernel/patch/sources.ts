// The branch and the release that a patch is made of, found in the repository or fetched into it.
import { WanbondError } from '../../base/error.ts';
import { suggest } from '../../config/suggest.ts';
import { type Git, gitFailed } from '../git.ts';
import { type KernelVersion, versionIn, versionOfMakefile } from '../kernel-version.ts';
import type { PatchRequest } from './request.ts';

/** Plain data, all commits by their full hash. */
export interface Sources {
  readonly branch: string;
  /** Abbreviated as this repository does. */
  readonly branchShort: string;
  /** YYYY-MM-DD */
  readonly branchDate: string;
  readonly base: string;
  /** The newest commit that both have. */
  readonly fork: string;
  /** Of the base. */
  readonly version: KernelVersion;
  readonly branchVersion: KernelVersion;
}

type Wanted = Pick<PatchRequest, 'branch' | 'base' | 'upstream' | 'paths'>;

// As in the names of patches that people make.
const SHORT_DIGITS = 7;

/** @throws WanbondError `no-such-commit`, `unrelated`, `no-version`, `no-such-path` */
export async function findSources(git: Git, wanted: Wanted): Promise<Sources> {
  const { upstream } = wanted;
  const branch =
    upstream === undefined
      ? await findBranch(git, wanted.branch)
      : await fetchCommit(git, upstream, wanted.branch);
  const base =
    (await git.commit(wanted.base)) ??
    (upstream === undefined ? undefined : await fetchCommit(git, upstream, wanted.base));
  if (branch === undefined) throw await noSuchCommit(git, '--branch', wanted.branch);
  if (base === undefined) throw await noSuchCommit(git, '--base', wanted.base);
  const merged = await git.try(['merge-base', branch, base]);
  if (merged.code !== 0) throw unrelated(wanted);
  await requirePaths(git, wanted, branch, base);
  const [newest] = await git.log(['-1', branch]);
  const version = await kernelVersion(git, base, wanted.base);
  if (version === undefined) throw noVersion(wanted.base);
  return {
    branch,
    branchShort: await git.text(['rev-parse', `--short=${SHORT_DIGITS}`, branch]),
    branchDate: newest?.date ?? '',
    base,
    fork: merged.stdout.toString().trim(),
    version,
    branchVersion: (await kernelVersion(git, branch, wanted.branch)) ?? version,
  };
}

/** A local name, or that of a branch which one remote alone has. */
async function findBranch(git: Git, name: string): Promise<string | undefined> {
  const local = await git.commit(name);
  if (local !== undefined) return local;
  const remote = (await refs(git, 'refs/remotes')).filter(
    (ref) => ref.split('/').slice(1).join('/') === name,
  );
  return remote.length === 1 ? git.commit(`refs/remotes/${remote[0]}`) : undefined;
}

/** Changes no branch, tag or remote branch of the repository. */
async function fetchCommit(git: Git, remote: string, name: string): Promise<string | undefined> {
  const asked = ['ls-remote', '--end-of-options', remote, `refs/heads/${name}`, `refs/tags/${name}`];
  const answer = await git.try(asked);
  if (answer.code !== 0) throw gitFailed(asked, answer);
  const [oid = '', ref = ''] = answer.stdout.toString().split('\n')[0]?.split(/\s+/) ?? [];
  if (ref === '') return git.commit(name);
  const known = await git.commit(oid);
  if (known !== undefined) return known;
  await git.run([
    'fetch',
    '--quiet',
    '--no-tags',
    '--refmap=',
    '--no-write-fetch-head',
    '--end-of-options',
    remote,
    ref,
  ]);
  return git.commit(oid);
}

const refs = async (git: Git, ...places: string[]): Promise<string[]> =>
  (await git.text(['for-each-ref', '--format=%(refname:lstrip=2)', ...places])).split('\n').filter(Boolean);

async function noSuchCommit(git: Git, flag: string, name: string): Promise<WanbondError> {
  const all = await refs(git, 'refs/heads', 'refs/remotes', 'refs/tags');
  const close = suggest(name, all);
  return new WanbondError({
    code: 'no-such-commit',
    message: `${git.dir} has no branch, tag or commit "${name}" (${flag})`,
    hint: close
      ? `Did you mean ${close}?`
      : 'Fetch it into the repository (git fetch), or name the remote that has it with --upstream.',
  });
}

function unrelated({ branch, base }: Wanted): WanbondError {
  return new WanbondError({
    code: 'unrelated',
    message: `${branch} and ${base} have no common history`,
    hint: 'Use a clone with the whole history (git fetch --unshallow), of which both are part.',
  });
}

async function requirePaths(git: Git, { paths }: Wanted, branch: string, base: string): Promise<void> {
  for (const path of paths) {
    const found = (await git.entries(branch, [path])).length + (await git.entries(base, [path])).length;
    if (found > 0) continue;
    throw new WanbondError({
      code: 'no-such-path',
      message: `neither side has a file or folder ${path} (--paths)`,
      hint: 'Give paths from the top of the kernel, as net/mptcp; they are no patterns.',
    });
  }
}

async function kernelVersion(git: Git, commit: string, name: string): Promise<KernelVersion | undefined> {
  const makefile = await git.file(commit, 'Makefile');
  return (makefile && versionOfMakefile(makefile.toString('latin1'))) ?? versionIn(name);
}

function noVersion(name: string): WanbondError {
  return new WanbondError({
    code: 'no-version',
    message: `${name} does not tell the version of its kernel: its Makefile has no VERSION and PATCHLEVEL`,
    hint: 'Give --base a release of Linux, as v4.4.74.',
  });
}
