// The sections of /etc/config/wanbond to the values of a config, each with its place, as the schema wants them.
import type * as z from 'zod';
import type { Role } from '../config/load.ts';
import { child, type LocatedConfig, locatedTree, type Node } from '../config/located-tree.ts';
import { type Position, type Problem, problemAt } from '../config/problem.ts';
import { childSchema, isList, keysOf, plainKind, type PlainKind } from '../config/schema-walk.ts';
import { suggest } from '../config/suggest.ts';
import {
  keyOfOption,
  MAIN,
  MAIN_OPTIONS,
  optionName,
  type SectionType,
  sectionTypes,
  topSchema,
} from './section-types.ts';
import type { ReadSection } from './uci-text.ts';
import { inUciWords } from './uci-wording.ts';

export interface UciConfig {
  readonly role: Role;
  readonly isEnabled: boolean;
  readonly values: LocatedConfig;
}

interface Table extends Node {
  readonly content: { readonly kind: 'table'; readonly entries: Map<string, Node> };
}

/** @param package_ how `uci` calls the file. @returns what stands where it cannot; the schema judges the rest */
export function readUciConfig(
  sections: readonly ReadSection[],
  package_: string,
): { readonly config?: UciConfig; readonly problems: readonly Problem[] } {
  const main = findMain(sections, package_);
  if ('problem' in main) return { problems: [main.problem] };
  const { role, isEnabled, section } = main;
  const reader = new SectionReader(role, package_, section.at);
  reader.top(section);
  for (const one of sections) if (one !== section) reader.section(one);
  const located = locatedTree(reader.root);
  return {
    config: {
      role,
      isEnabled,
      values: { ...located, nameOf: (path) => reader.nameOf(path), inItsWords: inUciWords },
    },
    problems: reader.problems,
  };
}

// As config_get_bool of OpenWrt has it.
const TRUE = new Set(['1', 'on', 'true', 'yes', 'enabled']);
const FALSE = new Set(['0', 'off', 'false', 'no', 'disabled']);

type Main = { readonly role: Role; readonly isEnabled: boolean; readonly section: ReadSection };

/** What the section that begins the file says, or what is wrong with that. */
export function findMain(
  sections: readonly ReadSection[],
  package_: string,
): Main | { readonly problem: Problem } {
  const section = sections.find(({ name }) => name === MAIN.name);
  const header = `config ${MAIN.type} '${MAIN.name}'`;
  if (section?.type !== MAIN.type) {
    const at = sections.find(({ type }) => type === MAIN.type)?.at ?? { line: 1, column: 1 };
    return { problem: problemAt(at, '', `there is no \`${header}\``, 'Begin the file with it.') };
  }
  const role = section.options.get('role') ?? 'router';
  if (role === 'router' || role === 'server') {
    const enabled = section.options.get('enabled');
    return { role, isEnabled: typeof enabled === 'string' && TRUE.has(enabled), section };
  }
  const at = section.optionsAt.get('role')?.[0] ?? section.at;
  const hint = "Write option role 'router' or option role 'server'.";
  return {
    problem: problemAt(at, `${package_}.${MAIN.name}.role`, `${JSON.stringify(role)} is no role`, hint),
  };
}

class SectionReader {
  readonly root: Table;
  readonly problems: Problem[] = [];
  readonly #role: Role;
  readonly #package: string;
  readonly #types: readonly SectionType[];
  /** The last table of each type, which nested sections belong to. */
  readonly #last = new Map<string, Table>();
  readonly #names = new Map<Node, string>();
  readonly #counts = new Map<string, number>();

  /** @param topAt of the section that stands for the top of the file: what is missing is shown there */
  constructor(role: Role, package_: string, topAt: Position) {
    this.#role = role;
    this.#package = package_;
    this.#types = sectionTypes(role);
    this.root = emptyTable(topAt);
  }

  top(section: ReadSection): void {
    this.#names.set(this.root, `${this.#package}.${MAIN.name}`);
    this.#fill(this.root, section, topSchema(this.#role), MAIN_OPTIONS);
  }

  section(section: ReadSection): void {
    const place = this.#placeOf(section);
    const type = this.#types.find((one) => one.type === section.type);
    if (!type) return this.#unknownType(section, place);
    const parent = this.#parentOf(type);
    if (!parent) {
      const owner = type.path.slice(0, -1).map(optionName).join('_');
      const hint = `Write it below the \`config ${owner}\` that it belongs to.`;
      return this.#report(section.at, place, `there is no \`config ${owner}\` before it`, hint);
    }
    const key = type.path.at(-1) ?? '';
    const before = parent.content.entries.get(key);
    const table = emptyTable(section.at);
    this.#names.set(table, place);
    this.#last.set(type.type, table);
    this.#fill(table, section, type.schema, []);
    if (!type.isList) {
      if (before) {
        const hint = 'Put its options into the first one.';
        return this.#report(section.at, place, `this is the second \`config ${type.type}\``, hint);
      }
      parent.content.entries.set(key, table);
    } else if (before?.content.kind === 'array') before.content.items.push(table);
    else parent.content.entries.set(key, arrayNode(section.at, [table]));
  }

  /** `wanbond.lte.tier`, as the uci command takes it. */
  nameOf(path: readonly PropertyKey[]): string {
    let node: Node | undefined = this.root;
    let name = '';
    let rest: PropertyKey[] = [];
    for (const part of path) {
      node = node && child(node, part);
      const own = node && this.#names.get(node);
      if (own === undefined) rest.push(part);
      else [name, rest] = [own, []];
    }
    const keys = rest.filter((part) => typeof part === 'string').map(optionName);
    if (name !== '') return [name, ...keys].join('.');
    const isTable = this.#types.some(({ type }) => type === keys.join('_'));
    if (isTable) return `config ${keys.join('_')}`;
    return keys.length === 0 ? '' : [this.#names.get(this.root), ...keys].join('.');
  }

  /** Of a section; an anonymous one is called by its type and how many of that type stand before it. */
  #placeOf({ type, name }: ReadSection): string {
    const count = this.#counts.get(type) ?? 0;
    this.#counts.set(type, count + 1);
    return `${this.#package}.${name ?? `@${type}[${count}]`}`;
  }

  #parentOf({ path }: SectionType): Table | undefined {
    const owner = path.slice(0, -1);
    return owner.length === 0 ? this.root : this.#last.get(owner.map(optionName).join('_'));
  }

  #fill(table: Table, section: ReadSection, schema: z.ZodType, besides: readonly string[]): void {
    for (const [option, value] of section.options) {
      if (besides.includes(option)) continue;
      const at = section.optionsAt.get(option) ?? [];
      // What the schema does not know it reports itself.
      const key = keyOfOption(schema, option) ?? option;
      table.content.entries.set(key, optionNode(childSchema(schema, key), value, at, section.at));
    }
    if (section.name === undefined || table === this.root || table.content.entries.has('name')) return;
    if (!keysOf(schema).includes('name')) return;
    table.content.entries.set('name', scalarNode(section.at, section.name));
  }

  #unknownType(section: ReadSection, place: string): void {
    const known = this.#types.map(({ type }) => type);
    const close = suggest(section.type, known);
    const hint = close
      ? `did you mean \`config ${close}\`?`
      : `A ${this.#role} has: ${known.map((type) => `config ${type}`).join(', ')}.`;
    this.#report(section.at, place, `a ${this.#role} has no \`config ${section.type}\``, hint);
  }

  #report(at: Position, path: string, message: string, hint: string): void {
    this.problems.push(problemAt(at, path, message, hint));
  }
}

const emptyTable = (at: Position): Table => ({
  keyAt: at,
  valueAt: at,
  content: { kind: 'table', entries: new Map() },
});

const scalarNode = (at: Position, value: unknown): Node => ({
  keyAt: at,
  valueAt: at,
  content: { kind: 'scalar', value },
});

const arrayNode = (at: Position, items: Node[]): Node => ({
  keyAt: at,
  valueAt: at,
  content: { kind: 'array', items },
});

/** An `option` where a list belongs is a list of one. */
function optionNode(
  schema: z.ZodType | undefined,
  value: string | readonly string[],
  at: readonly Position[],
  sectionAt: Position,
): Node {
  const kind = plainKind(schema);
  const values = typeof value === 'string' ? [value] : value;
  const items = values.map((text, i): Node => {
    const place = at[i] ?? sectionAt;
    return scalarNode(place, plainValue(text, kind));
  });
  const [only] = items;
  if (only && typeof value === 'string' && !(schema && isList(schema))) return only;
  return arrayNode(at[0] ?? sectionAt, items);
}

/** What is no number or truth value stays the text that it is, for the schema to refuse. */
function plainValue(text: string, kind: PlainKind): unknown {
  if (kind === 'boolean') return TRUE.has(text) || (FALSE.has(text) ? false : text);
  if (kind === 'string') return text;
  return /^(?:-?\d+(?:\.\d+)?|0x[\da-f]+)$/i.test(text) ? Number(text) : text;
}
