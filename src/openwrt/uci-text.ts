// The text of a UCI file to sections and back, as OpenWrt's libuci reads and writes it (uci export).
import { type Position, type Problem, problemAt } from '../config/problem.ts';
import { readStatements, type Statement, type Word } from './uci-words.ts';

export interface UciSection {
  readonly type: string;
  /** Undefined: anonymous. */
  readonly name: string | undefined;
  /** By name: the value of an `option`, never empty, or the values of a `list`. */
  readonly options: ReadonlyMap<string, string | readonly string[]>;
}

/** A section with its places: `optionsAt` has one for each value. */
export interface ReadSection extends UciSection {
  readonly at: Position;
  readonly options: Map<string, string | string[]>;
  readonly optionsAt: Map<string, Position[]>;
}

export interface ReadUci {
  /** In the order of the file. */
  readonly sections: readonly ReadSection[];
  /** Lines that are no UCI, and what to do about them. */
  readonly problems: readonly Problem[];
}

// uci_validate_name: what names a shell variable, too.
const NAME = /^\w+$/;
const TYPE = /^[\x21-\x7e]+$/;
const PACKAGE = /^[\w-]+$/;

/**
 * Like libuci: the last `option` of a name counts, an empty one counts as none, `list` adds to what is there, and a
 * second section of the same type and name goes on with the first. Unlike libuci, all mistakes are found, not only the first.
 */
export function parseUci(text: string): ReadUci {
  const { statements, problems } = readStatements(text);
  const file: OpenFile = { sections: [], current: undefined };
  for (const statement of statements) {
    const problem = take(statement, file);
    if (problem) problems.push(problem);
  }
  return {
    sections: file.sections,
    problems: problems.sort((a, b) => a.line - b.line || a.column - b.column),
  };
}

interface OpenFile {
  readonly sections: ReadSection[];
  /** That options go into. */
  current: ReadSection | undefined;
}

// How many words each takes, and an example.
const COMMANDS = {
  package: { least: 1, most: 1, example: 'package wanbond' },
  config: { least: 1, most: 2, example: "config wan 'lte'" },
  option: { least: 1, most: 2, example: "option tier 'overflow'" },
  list: { least: 1, most: 2, example: "list address '192.0.2.1'" },
} as const;
// libuci knows each by its first letter, too.
const SHORT: Readonly<Record<string, string>> = { p: 'package', c: 'config', o: 'option', l: 'list' };

function take({ keyword, words }: Statement, file: OpenFile): Problem | undefined {
  const kind = SHORT[keyword.text] ?? keyword.text;
  if (!isCommand(kind)) {
    const hint = 'Begin a line with config, option or list, and a comment with #.';
    return problemAt(keyword, '', `"${keyword.text}" is not known here`, hint);
  }
  const { least, most, example } = COMMANDS[kind];
  const [first, second] = words;
  const surplus = words[most];
  if (surplus) {
    return problemAt(surplus, '', 'is one word too many', 'Put quotes around a value with spaces.');
  }
  if (words.length < least || !first || first.text === '') {
    return problemAt(keyword, '', `${kind} has no name`, `Write for example: ${example}`);
  }
  switch (kind) {
    case 'package':
      return PACKAGE.test(first.text) ? undefined : badName(first, 'a package');
    case 'config':
      return openSection(first, second, file);
    default: {
      const section = file.current;
      if (!section)
        return problemAt(
          keyword,
          '',
          'stands before the first section',
          'Begin with a line like config wan.',
        );
      if (!NAME.test(first.text)) return badName(first, 'an option');
      setOption(section, kind === 'list', first, second);
      return undefined;
    }
  }
}

const isCommand = (kind: string): kind is keyof typeof COMMANDS => Object.hasOwn(COMMANDS, kind);

function openSection(type: Word, name: Word | undefined, file: OpenFile): Problem | undefined {
  if (!TYPE.test(type.text)) return problemAt(type, '', 'is not a type', 'Use letters, digits and _.');
  const named = name?.text === '' ? undefined : name;
  if (named && !NAME.test(named.text)) return badName(named, 'a section');
  const earlier = file.sections.find((one) => named !== undefined && one.name === named.text);
  if (earlier && named && earlier.type !== type.text) {
    const message = `${named.text} is a section of type ${earlier.type} already, in line ${earlier.at.line}`;
    return problemAt(named, '', message, 'Give this one another name.');
  }
  file.current = earlier ?? {
    type: type.text,
    name: named?.text,
    at: { line: type.line, column: type.column },
    options: new Map(),
    optionsAt: new Map(),
  };
  if (!earlier) file.sections.push(file.current);
  return undefined;
}

function setOption(section: ReadSection, isList: boolean, name: Word, value: Word | undefined): void {
  const { line, column } = value ?? name;
  const text = value?.text ?? '';
  if (!isList) {
    if (text === '') return;
    section.options.set(name.text, text);
    section.optionsAt.set(name.text, [{ line, column }]);
    return;
  }
  const before = section.options.get(name.text) ?? [];
  section.options.set(name.text, [...(typeof before === 'string' ? [before] : before), text]);
  section.optionsAt.set(name.text, [...(section.optionsAt.get(name.text) ?? []), { line, column }]);
}

function badName(word: Word, of: string): Problem {
  return problemAt(word, '', `"${word.text}" cannot be the name of ${of}`, 'Use letters, digits and _ only.');
}

/** Empty lists cannot be written, they are left out. @throws RangeError for what no UCI file can hold */
export function renderUci(sections: readonly UciSection[]): string {
  return sections.map(renderSection).join('\n');
}

function renderSection({ type, name, options }: UciSection): string {
  const lines = [
    `config ${NAME.test(type) ? type : quote(type)}${name === undefined ? '' : ` ${quote(name)}`}`,
  ];
  for (const [option, value] of options) {
    if (typeof value === 'string') {
      if (value === '') throw new RangeError(`an empty option (${option}) counts as none`);
      lines.push(`\toption ${option} ${quote(value)}`);
    } else lines.push(...value.map((one) => `\tlist ${option} ${quote(one)}`));
  }
  return `${lines.join('\n')}\n`;
}

/** Within single quotes everything stands for itself, so that a single quote has to stand outside of them. */
function quote(text: string): string {
  if (text.includes('\0')) throw new RangeError('a UCI file cannot hold NUL');
  return `'${text.replaceAll("'", "'\\''")}'`;
}
