// TOML text to values, and the line and column of each of them.
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { ConfigError, type Position } from './problem.ts';

interface Node {
  /** Where the key stands: for a table, its first header. */
  readonly keyAt: Position;
  readonly valueAt: Position;
  readonly content:
    | { readonly kind: 'table'; readonly entries: Map<string, Node> }
    | { readonly kind: 'array'; readonly items: Node[] }
    | { readonly kind: 'scalar'; readonly value: unknown };
}

export interface LocatedToml {
  readonly value: unknown;
  /** The position of the key or the value at `path`, or of the deepest part of `path` that the file has. */
  positionOf(path: readonly PropertyKey[], part: 'key' | 'value'): Position;
  /** The value at `path`, or undefined. */
  valueAt(path: readonly PropertyKey[]): unknown;
  /** `path` as the file has it: without the [0] of a single value or table that stands for a list. */
  asWritten(path: readonly PropertyKey[]): PropertyKey[];
}

/** @throws ConfigError with the position of the first syntax error. */
export function locateToml(text: string, file: string): LocatedToml {
  const top = (): Position => ({ line: 1, column: 1 });
  const root: Node = { keyAt: top(), valueAt: top(), content: { kind: 'table', entries: new Map() } };
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw syntaxError(file, error);
  }
  for (const part of program.body[0].body) {
    if (part.type === 'TOMLKeyValue') place(root, part);
    else {
      const at = position(part.key);
      const table = descend(root, part.resolvedKey, at);
      for (const pair of part.body) place(table, pair);
    }
  }
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
    asWritten: (path) => path.filter((part, i) => !standsForList(find(path.slice(0, i)).node, part)),
  };
}

/** A single value or table, where a list is allowed too, is its own [0]. */
function standsForList(node: Node, part: PropertyKey): boolean {
  return part === 0 && node.content.kind !== 'array';
}

function syntaxError(file: string, error: ParseError): ConfigError {
  const problem = {
    line: error.lineNumber,
    column: error.column + 1,
    path: '',
    message: `this is not TOML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`,
    hint: 'Correct this place first; strings need quotes, tables look like [lan], lists of tables like [[wan]].',
  };
  return new ConfigError(file, [problem], error);
}

function position(node: AST.TOMLNode): Position {
  return { line: node.loc.start.line, column: node.loc.start.column + 1 };
}

function child(node: Node, part: PropertyKey): Node | undefined {
  if (node.content.kind === 'table') return node.content.entries.get(String(part));
  if (node.content.kind === 'array' && typeof part === 'number') return node.content.items[part];
  return undefined;
}

/** The table at `path` under `node`, made where it is missing. The parser has refused contradictions. */
function descend(node: Node, path: readonly (string | number)[], at: Position): Node {
  let current = node;
  path.forEach((part, i) => {
    const existing = child(current, part);
    if (existing) {
      current = existing;
      return;
    }
    const content: Node['content'] =
      typeof path[i + 1] === 'number' ? { kind: 'array', items: [] } : { kind: 'table', entries: new Map() };
    const made: Node = { keyAt: at, valueAt: at, content };
    if (current.content.kind === 'array') current.content.items.push(made);
    else if (current.content.kind === 'table') current.content.entries.set(String(part), made);
    current = made;
  });
  return current;
}

function place(table: Node, pair: AST.TOMLKeyValue): void {
  const keys = pair.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
  const keyAt = position(pair.key);
  const parent = descend(table, keys.slice(0, -1), keyAt);
  if (parent.content.kind === 'table')
    parent.content.entries.set(keys.at(-1) ?? '', value(pair.value, keyAt));
}

function value(node: AST.TOMLContentNode, keyAt: Position): Node {
  const valueAt = position(node);
  if (node.type === 'TOMLArray') {
    const items = node.elements.map((element) => value(element, position(element)));
    return { keyAt, valueAt, content: { kind: 'array', items } };
  }
  if (node.type === 'TOMLInlineTable') {
    const table: Node = { keyAt, valueAt, content: { kind: 'table', entries: new Map() } };
    for (const pair of node.body) place(table, pair);
    return table;
  }
  return { keyAt, valueAt, content: { kind: 'scalar', value: node.value } };
}

function plain({ content }: Node): unknown {
  if (content.kind === 'scalar') return content.value;
  if (content.kind === 'array') return content.items.map(plain);
  // No prototype: a key named __proto__ is a key like any other (and an unknown one).
  const out = Object.create(null) as Record<string, unknown>;
  for (const [key, node] of content.entries) out[key] = plain(node);
  return out;
}
