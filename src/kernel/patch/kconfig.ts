// The kernel's Kconfig files: which symbols a change adds, and what they are to be set to.

export type SymbolType = 'bool' | 'tristate' | 'string' | 'int' | 'hex';

export interface KconfigSymbol {
  /** Without CONFIG_. */
  readonly name: string;
  readonly type: SymbolType | undefined;
  /** The user is asked for it; others follow from these. */
  readonly hasPrompt: boolean;
  /** The number of the choice it is one of, in its file. */
  readonly choice: number | undefined;
  /** It is what its choice is unless another is chosen. */
  readonly isDefaultChoice: boolean;
  /** As written, of the first `default` line. */
  readonly default: string | undefined;
}

export interface SymbolValue {
  /** Without CONFIG_. */
  readonly name: string;
  /** y, m, n, a number, or the text of a string without its quotes. */
  readonly value: string;
}

type Draft = { -readonly [key in keyof KconfigSymbol]: KconfigSymbol[key] };

// Symbols that exist to try the code itself.
const FOR_DEVELOPERS = /(?:KUNIT|SELFTEST|_DEBUG|DEBUG_|_TEST$|_TESTS$)/;

export function parseKconfig(text: string): KconfigSymbol[] {
  const symbols: Draft[] = [];
  const choiceDefaults = new Map<number, string>();
  let current: Draft | undefined;
  let choice: number | undefined;
  let choices = 0;
  let helpIndent: number | undefined;
  // A line may go on after a backslash.
  for (const line of text.replaceAll(/\\\r?\n/g, ' ').split('\n')) {
    const indent = line.length - line.trimStart().length;
    const words = line.trim();
    if (words === '' || words.startsWith('#')) continue;
    if (helpIndent !== undefined) {
      // Help is what stands deeper than its keyword.
      if (indent > helpIndent) continue;
      helpIndent = undefined;
    }
    const [keyword = '', ...rest] = words.split(/\s+/);
    const argument = rest.join(' ');
    if (keyword === 'config' || keyword === 'menuconfig') {
      current = {
        name: argument,
        type: undefined,
        hasPrompt: false,
        choice,
        isDefaultChoice: false,
        default: undefined,
      };
      symbols.push(current);
    } else if (keyword === 'choice') {
      choice = choices++;
      current = undefined;
    } else if (keyword === 'endchoice') {
      choice = undefined;
      current = undefined;
    } else if (keyword === 'help' || keyword === '---help---') helpIndent = indent;
    else if (/^(?:if|endif|menu|endmenu|source|comment)$/.test(keyword)) current = undefined;
    else if (keyword === 'default' && current === undefined && choice !== undefined) {
      if (!choiceDefaults.has(choice)) choiceDefaults.set(choice, argument.split(' ')[0] ?? '');
    } else if (current !== undefined) readProperty(current, keyword, argument);
  }
  return symbols.map((symbol) => ({
    ...symbol,
    isDefaultChoice: symbol.choice !== undefined && choiceDefaults.get(symbol.choice) === symbol.name,
  }));
}

function readProperty(symbol: Draft, keyword: string, argument: string): void {
  const type = /^(?:def_)?(bool|tristate|string|int|hex)$/.exec(keyword)?.[1] as SymbolType | undefined;
  if (type !== undefined) {
    symbol.type = type;
    if (keyword.startsWith('def_')) symbol.default ??= argument;
    else if (argument !== '') symbol.hasPrompt = true;
  } else if (keyword === 'boolean') {
    symbol.type = 'bool';
    symbol.hasPrompt ||= argument !== '';
  } else if (keyword === 'prompt') symbol.hasPrompt = true;
  else if (keyword === 'default') symbol.default ??= argument;
}

/** @param before all symbols of the same files without the change */
export function addedSymbols(
  before: readonly KconfigSymbol[],
  after: readonly KconfigSymbol[],
): KconfigSymbol[] {
  const known = new Set(before.map(({ name }) => name));
  return after.filter(({ name }) => !known.has(name));
}

/**
 * What makes the new code part of the kernel, built in: a symbol that the config leaves open stops OpenWrt's build with a
 * question. @param chosen what the operator wants, which comes first
 */
export function valuesFor(symbols: readonly KconfigSymbol[], chosen: readonly SymbolValue[]): SymbolValue[] {
  const wanted = new Map(chosen.map(({ name, value }) => [name, value]));
  const isChosen = (choice: number): boolean =>
    symbols.some((one) => one.choice === choice && (wanted.get(one.name) ?? 'n') !== 'n');
  const values = symbols
    .filter(({ hasPrompt, name }) => hasPrompt && !wanted.has(name))
    .flatMap((symbol): SymbolValue[] => {
      const { name, type, choice } = symbol;
      if (choice !== undefined) {
        return [{ name, value: symbol.isDefaultChoice && !isChosen(choice) ? 'y' : 'n' }];
      }
      if (type === 'bool' || type === 'tristate') {
        return [{ name, value: FOR_DEVELOPERS.test(name) ? 'n' : 'y' }];
      }
      const literal = /^(?:"([^"]*)"|(-?\w+))/.exec(symbol.default ?? '');
      return literal === null ? [] : [{ name, value: literal[1] ?? literal[2] ?? '' }];
    });
  // A symbol may be defined twice.
  const all = [...values, ...chosen];
  return [...new Map(all.map((one) => [one.name, one])).values()];
}
