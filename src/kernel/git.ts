// A git repository through the git program: the few things that are asked of it, without a checkout.
import { mkdirSync } from 'node:fs';
import { WanbondError } from '../base/error.ts';
import { type Finished, type ProgramOptions, runProgram } from './program.ts';

export interface TreeEntry {
  /** As git writes it: 100644, 100755, 120000 (symbolic link), 160000 (submodule). */
  readonly mode: string;
  readonly oid: string;
  readonly path: string;
}

export interface CommitInfo {
  readonly oid: string;
  readonly short: string;
  readonly author: string;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly subject: string;
}

/** The tree without a file; every repository knows it. */
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

// `merge-tree --write-tree`
const GIT_MIN = [2, 38] as const;
// What a user has set for other purposes must change neither what happens nor what is read.
const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.quotePath=false',
  'core.autocrlf=false',
  'core.fsmonitor=false',
  'commit.gpgSign=false',
  'gc.auto=0',
  'maintenance.auto=false',
].flatMap((setting) => ['-c', setting]);
// Of commits that only hold a state: always the same, so that they have the same name each time.
const OURS = {
  name: 'wanbond',
  email: 'wanbond@localhost',
  date: '2001-01-01T00:00:00Z',
  message: 'a state',
};
const LOG_FIELDS = '%H%x00%h%x00%an%x00%as%x00%s';

export class Git {
  readonly dir: string;
  private readonly env: NodeJS.ProcessEnv;

  private constructor(dir: string, env: NodeJS.ProcessEnv) {
    this.dir = dir;
    this.env = env;
  }

  /**
   * @param scratch where new objects go; without it into the repository, as with any merge.
   * @throws WanbondError `old-git`, `no-repository`
   */
  static async open(dir: string, scratch?: string): Promise<Git> {
    await requireGit();
    const git = new Git(dir, {});
    const asked = await git.try(['rev-parse', '--path-format=absolute', '--git-path', 'objects']);
    if (asked.code !== 0) throw noRepository(dir, asked.stderr);
    if (scratch === undefined) return git;
    mkdirSync(scratch, { recursive: true });
    return new Git(dir, {
      GIT_OBJECT_DIRECTORY: scratch,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: asked.stdout.toString().trim(),
    });
  }

  /** Another folder of the same repository, a worktree. */
  at(dir: string): Git {
    return new Git(dir, this.env);
  }

  /** Does not throw for what git says. */
  try(args: readonly string[], options: ProgramOptions = {}): Promise<Finished> {
    return runProgram('git', ['-C', this.dir, ...SETTINGS, ...args], {
      ...options,
      env: {
        GIT_LITERAL_PATHSPECS: '1',
        GIT_TERMINAL_PROMPT: '0',
        GIT_OPTIONAL_LOCKS: '0',
        GIT_EDITOR: 'true',
        ...this.env,
        ...options.env,
      },
    });
  }

  /** @throws WanbondError `git-failed` with its own words */
  async run(args: readonly string[], options: ProgramOptions = {}): Promise<Buffer> {
    const finished = await this.try(args, options);
    if (finished.code === 0) return finished.stdout;
    throw gitFailed(args, finished);
  }

  async text(args: readonly string[], options: ProgramOptions = {}): Promise<string> {
    return (await this.run(args, options)).toString().trim();
  }

  /** The commit of a branch, tag or hash; undefined when there is none. */
  async commit(name: string): Promise<string | undefined> {
    const { code, stdout } = await this.try([
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${name}^{commit}`,
    ]);
    return code === 0 ? stdout.toString().trim() : undefined;
  }

  /** @param paths files and folders, and not patterns; none are all files */
  async entries(tree: string, paths: readonly string[] = []): Promise<TreeEntry[]> {
    const listing = await this.run(['ls-tree', '-r', '-z', '--full-tree', tree, '--', ...paths]);
    return zeroSeparated(listing).map((line) => {
      const [about = '', path = ''] = line.split('\t');
      const [mode = '', , oid = ''] = about.split(' ');
      return { mode, oid, path };
    });
  }

  /** The contents of blobs, in the order of `oids`. */
  async blobs(oids: readonly string[]): Promise<Buffer[]> {
    if (oids.length === 0) return [];
    const all = await this.run(['cat-file', '--batch'], { input: oids.map((oid) => `${oid}\n`).join('') });
    const found: Buffer[] = [];
    for (let at = 0; at < all.length; ) {
      const end = all.indexOf('\n', at);
      const size = Number(all.toString('latin1', at, end).split(' ')[2]);
      found.push(all.subarray(end + 1, end + 1 + size));
      at = end + 1 + size + 1;
    }
    return found;
  }

  /** Undefined where the tree has no such file. */
  async file(tree: string, path: string): Promise<Buffer | undefined> {
    const [entry] = await this.entries(tree, [path]);
    return entry?.path === path ? (await this.blobs([entry.oid]))[0] : undefined;
  }

  /** The newest first. @param range as `git log` takes it */
  async log(range: readonly string[], paths: readonly string[] = []): Promise<CommitInfo[]> {
    const lines = await this.text(['log', `--format=${LOG_FIELDS}`, ...range, '--', ...paths]);
    return lines.split('\n').filter(Boolean).map(readCommit);
  }

  /** For each of `paths` the commits that changed it, the newest first: one walk through the history for all of them. */
  async logOfPaths(range: readonly string[], paths: readonly string[]): Promise<Map<string, CommitInfo[]>> {
    const found = new Map<string, CommitInfo[]>(paths.map((path) => [path, []]));
    const args = [
      'log',
      '--name-only',
      '--no-renames',
      `--format=%x01${LOG_FIELDS}`,
      ...range,
      '--',
      ...paths,
    ];
    for (const entry of (await this.text(args)).split('\u0001').slice(1)) {
      const [about = '', ...names] = entry.split('\n').filter(Boolean);
      for (const name of names) found.get(name)?.push(readCommit(about));
    }
    return found;
  }

  /** A commit that no branch points to. @param like whose message and author it gets; of our own without */
  async commitTree(tree: string, parents: readonly string[], like?: string): Promise<string> {
    const { name, email, date, message } = like === undefined ? OURS : await this.origin(like);
    return this.text(['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent])], {
      input: message,
      env: {
        GIT_AUTHOR_NAME: name,
        GIT_AUTHOR_EMAIL: email,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: OURS.name,
        GIT_COMMITTER_EMAIL: OURS.email,
        GIT_COMMITTER_DATE: OURS.date,
      },
    });
  }

  private async origin(commit: string): Promise<typeof OURS> {
    const said = await this.text(['log', '-1', '--format=%an%x00%ae%x00%aI%x00%B', commit]);
    const [name = '', email = '', date = '', message = ''] = said.split('\0');
    return { name, email, date, message };
  }

  /** The tree with nothing but `paths`. @param index a file that may be made and overwritten */
  async treeOfPaths(commit: string, paths: readonly string[], index: string): Promise<string> {
    const entries = await this.entries(commit, paths);
    const env = { GIT_INDEX_FILE: index };
    await this.run(['read-tree', '--empty'], { env });
    const input = entries.map(({ mode, oid, path }) => `${mode} ${oid}\t${path}\0`).join('');
    await this.run(['update-index', '-z', '--index-info'], { env, input });
    return this.text(['write-tree'], { env });
  }
}

function readCommit(line: string): CommitInfo {
  const [oid = '', short = '', author = '', date = '', subject = ''] = line.split('\0');
  return { oid, short, author, date, subject };
}

export const zeroSeparated = (bytes: Buffer): string[] => bytes.toString().split('\0').filter(Boolean);

let required: Promise<void> | undefined;

/** Asks once. @throws WanbondError `old-git`, `no-program` */
function requireGit(): Promise<void> {
  required ??= runProgram('git', ['version']).then(({ stdout }) => requireVersion(stdout.toString()));
  return required;
}

function requireVersion(said: string): void {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(said) ?? [];
  if (Number(major) > GIT_MIN[0] || (Number(major) === GIT_MIN[0] && Number(minor) >= GIT_MIN[1])) return;
  throw new WanbondError({
    code: 'old-git',
    message: `${said.trim()} cannot merge without a checkout`,
    hint: `Install git ${GIT_MIN.join('.')} or newer, as Debian 12 has it.`,
  });
}

function noRepository(dir: string, said: string): WanbondError {
  return new WanbondError({
    code: 'no-repository',
    message: `${dir} is not a git repository that can be used: ${mainLine(said)}`,
    hint: 'Give --tree the folder of a clone of the kernel, as the user it belongs to.',
  });
}

export function gitFailed(args: readonly string[], { code, stdout, stderr }: Finished): WanbondError {
  const said = mainLine(stderr) || mainLine(stdout.toString()) || `exit ${code ?? 'by a signal'}`;
  return new WanbondError({
    code: 'git-failed',
    message: `git ${args.join(' ').slice(0, 160)}: ${said}`,
    hint: 'See what git says against it: disk full, no permission, or an object missing (git fsck).',
    cause: new Error(stderr),
  });
}

/** Of several lines the one that says what is wrong. */
function mainLine(text: string): string {
  const lines = text.trim().split('\n');
  return lines.find((line) => /^(?:fatal|error): /.test(line)) ?? lines[0] ?? '';
}
