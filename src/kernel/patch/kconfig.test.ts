import { expect, test } from 'vitest';
import { addedSymbols, parseKconfig, valuesFor } from './kconfig.ts';

const TEXT = `menu "Networking"
config NET
	bool "Networking support"

config WITH_HELP
	tristate "It has help" \\
		if NET
	help
	  config NOT_ONE
	    bool "nor this"

	  after a blank line

config HIDDEN
	def_bool y

config WORD
	string "A word"
	default "cubic"

config COUNT
	int "A number" if NET
	range 1 9
	default 5 if NET
	default 3

choice
	prompt "One of"
	default SECOND if NET
	default FIRST

config FIRST
	bool "First"
config SECOND
	bool
	prompt "Second"
endchoice

config SOME_KUNIT_TEST
	tristate "Tests"
endmenu
`;

test('symbols with their types, prompts and choices', () => {
  const symbols = parseKconfig(TEXT);
  expect(symbols.map(({ name, type, hasPrompt }) => [name, type, hasPrompt])).toEqual([
    ['NET', 'bool', true],
    ['WITH_HELP', 'tristate', true],
    ['HIDDEN', 'bool', false],
    ['WORD', 'string', true],
    ['COUNT', 'int', true],
    ['FIRST', 'bool', true],
    ['SECOND', 'bool', true],
    ['SOME_KUNIT_TEST', 'tristate', true],
  ]);
  expect(symbols.filter(({ isDefaultChoice }) => isDefaultChoice).map(({ name }) => name)).toEqual([
    'SECOND',
  ]);
});

test('new symbols get what builds the code in, and the operator has the last word', () => {
  const added = addedSymbols(parseKconfig('config NET\n\tbool "x"\n'), parseKconfig(TEXT));
  const values = (chosen: Parameters<typeof valuesFor>[1]): string[] =>
    valuesFor(added, chosen).map(({ name, value }) => `${name}=${value}`);
  expect(values([])).toEqual([
    'WITH_HELP=y',
    'WORD=cubic',
    'COUNT=5',
    'FIRST=n',
    'SECOND=y',
    'SOME_KUNIT_TEST=n',
  ]);
  expect(
    values([
      { name: 'FIRST', value: 'y' },
      { name: 'OTHER', value: 'm' },
    ]),
  ).toEqual(expect.arrayContaining(['FIRST=y', 'SECOND=n', 'OTHER=m']));
});
