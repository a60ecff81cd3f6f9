// Values of a config file with the line and column of each of them, whatever its format.
import { formatPath, type Position } from './problem.ts';

/** A key with its value, as the file has them. */
export interface Node {
  /** Where the key stands: for a table, its first header. */
  readonly keyAt: Position;
  readonly valueAt: Position;
  readonly content:
    | { readonly kind: 'table'; readonly entries: Map<string, Node> }
    | { readonly kind: 'array'; readonly items: Node[] }
    | { readonly kind: 'scalar'; readonly value: unknown };
}

export interface LocatedConfig {
  readonly value: unknown;
  /** The position of the key or the value at `path`, or of the deepest part of `path` that the file has. */
  positionOf(path: readonly PropertyKey[], part: 'key' | 'value'): Position;
  /** The value at `path`, or undefined. */
  valueAt(path: readonly PropertyKey[]): unknown;
  /** `path` as the operator calls it, like `wan[1].interface`. */
  nameOf(path: readonly PropertyKey[]): string;
  /** What the schema says to the operator, which speaks of TOML, in the words of the file's format. */
  inItsWords(text: string): string;
}

export function locatedTree(root: Node): LocatedConfig {
  const find = (path: readonly PropertyKey[]): { readonly node: Node; readonly isExact: boolean } => {
    let node = root;
    for (const part of path) {
      if (standsForList(node, part)) continue;
      const next = child(node, part);
      if (!next) return { node, isExact: false };
      node = next;
    }
    return { node, isExact: true };
  };
  return {
    value: plain(root),
    positionOf: (path, part) => {
      const { node, isExact } = find(path);
      if (isExact) return part === 'key' ? node.keyAt : node.valueAt;
      // A missing key is shown at the table that should have it.
      return node.content.kind === 'table' ? node.keyAt : node.valueAt;
    },
    valueAt: (path) => {
      const { node, isExact } = find(path);
      return isExact ? plain(node) : undefined;
    },
    // Without the [0] of a single value or table that stands for a list.
    nameOf: (path) => formatPath(path.filter((part, i) => !standsForList(find(path.slice(0, i)).node, part))),
    inItsWords: (text) => text,
  };
}

/** A single value or table, where a list is allowed too, is its own [0]. */
function standsForList(node: Node, part: PropertyKey): boolean {
  return part === 0 && node.content.kind !== 'array';
}

export function child(node: Node, part: PropertyKey): Node | undefined {
  if (node.content.kind === 'table') return node.content.entries.get(String(part));
  if (node.content.kind === 'array' && typeof part === 'number') return node.content.items[part];
  return undefined;
}

function plain({ content }: Node): unknown {
  if (content.kind === 'scalar') return content.value;
  if (content.kind === 'array') return content.items.map(plain);
  // No prototype: a key named __proto__ is a key like any other (and an unknown one).
  const out = Object.create(null) as Record<string, unknown>;
  for (const [key, node] of content.entries) out[key] = plain(node);
  return out;
}
