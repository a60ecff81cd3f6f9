// A UCI file as statements of words: quotes, escapes, comments and continued lines, as libuci's parser has them.
import { type Position, type Problem, problemAt } from '../config/problem.ts';

export interface Word extends Position {
  /** Without quotes and escapes. */
  readonly text: string;
}

export interface Statement {
  readonly keyword: Word;
  readonly words: readonly Word[];
}

/** As libuci's isspace, in the C locale. */
const SPACE = /[ \t\r\v\f]/;

/** @returns the statements that could be read, and what is wrong with the rest */
export function readStatements(text: string): { statements: Statement[]; problems: Problem[] } {
  const reader = new Reader(text);
  const statements: Statement[] = [];
  const problems: Problem[] = [];
  while (!reader.isAtEnd) {
    try {
      const [keyword, ...words] = reader.line();
      if (keyword) statements.push({ keyword, words });
    } catch (error) {
      if (!(error instanceof Misread)) throw error;
      problems.push(error.problem);
    }
  }
  return { statements, problems };
}

class Misread extends Error {
  readonly problem: Problem;

  constructor(at: Position, message: string, hint: string) {
    super(message);
    this.problem = problemAt(at, '', message, hint);
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The words up to the end of the line; quotes and a last backslash carry it on into the next. */
  line(): Word[] {
    const words: Word[] = [];
    for (;;) {
      const char = this.#peek();
      if (char === undefined || char === '\n') {
        this.#next();
        return words;
      }
      if (char === '#') this.#skipLine();
      else if (SPACE.test(char)) this.#next();
      else words.push(this.#word());
    }
  }

  #word(): Word {
    const place = this.#place();
    let text = '';
    for (;;) {
      const char = this.#peek();
      if (char === undefined || char === '\n' || char === '#' || SPACE.test(char)) return { ...place, text };
      if (char === "'") text += this.#singleQuoted();
      else if (char === '"') text += this.#doubleQuoted();
      else if (char === '\\') text += this.#escaped();
      else if (char === ';') throw this.#semicolon();
      else text += this.#next();
    }
  }

  #singleQuoted(): string {
    const place = this.#place();
    this.#next();
    let text = '';
    while (this.#peek() !== "'") text += this.#nextWithin(place);
    this.#next();
    return text;
  }

  #doubleQuoted(): string {
    const place = this.#place();
    this.#next();
    let text = '';
    while (this.#peek() !== '"') {
      text += this.#peek() === '\\' ? this.#escaped() : this.#nextWithin(place);
    }
    this.#next();
    return text;
  }

  /** The character after a backslash, whatever it is; a line's end is left out together with the backslash. */
  #escaped(): string {
    this.#next();
    if (this.#peek() === '\r' && this.#text[this.#at + 1] === '\n') this.#next();
    const char = this.#next();
    return char === '\n' ? '' : char;
  }

  #nextWithin(opened: Position): string {
    if (!this.isAtEnd) return this.#next();
    const hint = "Close it; within single quotes, write a quote as '\\''.";
    throw new Misread(opened, 'this quote is never closed', hint);
  }

  /** It separates statements, but what libuci does with it depends on the space before it. */
  #semicolon(): Misread {
    const place = this.#place();
    this.#skipLine();
    return new Misread(
      place,
      'a semicolon',
      'Write one statement a line, and quotes around a value with a semicolon.',
    );
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #next(): string {
    const char = this.#text[this.#at] ?? '';
    this.#at++;
    if (char === '\n') {
      this.#line++;
      this.#lineStart = this.#at;
    }
    return char;
  }

  #skipLine(): void {
    while (!this.isAtEnd && this.#peek() !== '\n') this.#next();
  }

  #place(): Position {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }
}
