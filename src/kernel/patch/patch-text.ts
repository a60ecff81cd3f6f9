// The texts of patches, made by git from the trees.
import { WanbondError } from '../../base/error.ts';
import { type Git, zeroSeparated } from '../git.ts';
import type { PatchRequest } from './request.ts';
import type { Sources } from './sources.ts';
import type { Picked } from './split.ts';

// Whatever the operator has set for reading diffs; `patch` knows neither renames nor other prefixes.
const DIFF = [
  '-p',
  '-U3',
  '--no-renames',
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--diff-algorithm=default',
  '--src-prefix=a/',
  '--dst-prefix=b/',
];

/** All differences between two trees, with words before them that say where they come from. */
export async function wholePatch(
  git: Git,
  before: string,
  after: string,
  request: PatchRequest,
  sources: Sources,
): Promise<Buffer> {
  const diff = await git.run(['diff-tree', ...DIFF, before, after]);
  const signer = await operator(git);
  const { branch, base, paths } = request;
  const what = paths.length === 0 ? '' : `\nOnly ${paths.join(' ')}.\n`;
  const from = signer === undefined ? '' : `From: ${signer}\n`;
  const header = `${from}Subject: [PATCH] ${request.name ?? branch} on ${base}

${branch} at ${sources.branch} (${sources.branchDate}),
merged with ${base} at ${sources.base}.
${what}Made by \`wanbond kernel patch\`.
${request.isSignedOff ? `\nSigned-off-by: ${requireSigner(signer)}\n` : ''}---
`;
  return Buffer.concat([Buffer.from(header), diff]);
}

/** One in the form of `git format-patch`. */
export async function commitPatch(
  git: Git,
  { original, commit }: Picked,
  isSignedOff: boolean,
): Promise<Buffer> {
  const form = ['--stdout', '-1', '--no-signature', '-N', '--no-attach', '--no-thread', '--no-base'];
  const text = await git.run([
    '-c',
    'format.headers=',
    'format-patch',
    ...form,
    ...DIFF.filter((one) => one !== '-p'),
    isSignedOff ? '--signoff' : '--no-signoff',
    '--subject-prefix=PATCH',
    '--no-notes',
    commit,
  ]);
  // Ours has the state alone; the hash that can be looked up is the branch's.
  const name = original ?? '0'.repeat(40);
  return Buffer.concat([Buffer.from(`From ${name}`), text.subarray(`From ${commit}`.length)]);
}

/** "Name <address>" as git knows the operator; undefined when it does not. */
async function operator(git: Git): Promise<string | undefined> {
  const ask = async (key: string): Promise<string> =>
    (await git.try(['config', '--get', key])).stdout.toString().trim();
  const [name, email] = [await ask('user.name'), await ask('user.email')];
  return name === '' || email === '' ? undefined : `${name} <${email}>`;
}

function requireSigner(signer: string | undefined): string {
  if (signer !== undefined) return signer;
  throw new WanbondError({
    code: 'no-signer',
    message: 'git does not know who signs off',
    hint: 'Set git config user.name and user.email, or leave --signoff out.',
  });
}

/** @throws WanbondError `binary-change` when a patch cannot carry the change */
export async function requireText(git: Git, before: string, after: string): Promise<void> {
  const lines = zeroSeparated(
    await git.run(['diff-tree', '-r', '-z', '--numstat', '--no-renames', before, after]),
  );
  const binary = lines.flatMap((line) => (line.startsWith('-\t-\t') ? [line.slice(4)] : []));
  if (binary.length === 0) return;
  throw new WanbondError({
    code: 'binary-change',
    message: `${binary.slice(0, 3).join(', ')}: binary, which the patch program cannot carry`,
    hint: 'Leave it out: name what belongs to the change with --paths.',
  });
}
