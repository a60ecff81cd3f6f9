// TOML text to values, and the line and column of each of them.
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { child, type LocatedConfig, locatedTree, type Node } from './located-tree.ts';
import { ConfigError, type Position } from './problem.ts';

/** @throws ConfigError with the position of the first syntax error. */
export function locateToml(text: string, file: string): LocatedConfig {
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
  return locatedTree(root);
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
