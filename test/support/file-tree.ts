// Every file of a file system with all that makes it what it is, and what became different.
import { runCommand } from '../../src/lab/command.ts';

// Type, mode, owner and target of a link; then sums.
const LIST = `cd "$1"
find . -xdev -printf '%y %m %U:%G %l\\t%P\\n'
find . -xdev -type f -printf '%P\\0' | xargs -0 sha256sum -b --`;
const TIMEOUT_MS = 180_000;

/** Path, without a slash in front, to a text that is equal only for equal files; what is mounted below `root` is left out. */
export async function readFileTree(root: string): Promise<Map<string, string>> {
  const { stdout, stderr, code } = await runCommand(['sh', '-ec', LIST, 'sh', root], {
    timeoutMs: TIMEOUT_MS,
  });
  if (code !== 0) throw new Error(`cannot read all of ${root}: ${stderr}`);
  const tree = new Map<string, string>();
  for (const line of stdout.split('\n').filter(Boolean)) {
    const [, what = '', path = ''] = /^(.*)\t(.*)$/.exec(line) ?? /^([0-9a-f]{64}) \*(.*)$/.exec(line) ?? [];
    tree.set(path, `${tree.get(path) ?? ''}${what}`);
  }
  return tree;
}

/** Paths that came, went or changed, with what they were and are. */
export function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Map<string, string> {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return new Map(
    paths
      .filter((path) => before.get(path) !== after.get(path))
      .map((path) => [path, `${before.get(path) ?? 'missing'} -> ${after.get(path) ?? 'missing'}`]),
  );
}
