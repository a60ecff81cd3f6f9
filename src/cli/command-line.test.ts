// What a person reads who asks for help, or mistypes a command or an option.
import { Command, CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { pointToHelp, untilUnknown, withoutHelpCommand } from './command-line.ts';

/** What is written, and the exit code. */
function run(...typed: string[]): { text: string; code: number } {
  let text = '';
  const write = (more: string): void => void (text += more);
  const leaf = (name: string): Command => new Command(name).option('-a').action(() => write(`${name} runs`));
  const group = new Command('init').addCommand(leaf('router')).addCommand(leaf('server'));
  const program = new Command('wanbond').addCommand(group).addCommand(leaf('check'));
  pointToHelp(program);
  for (const one of [program, group, ...group.commands, ...program.commands]) {
    one.exitOverride().configureOutput({ writeOut: write, writeErr: write });
  }
  try {
    program.parse(untilUnknown(program, withoutHelpCommand(typed)), { from: 'user' });
    return { text, code: 0 };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { text, code: error.exitCode };
  }
}

test('help on a subcommand is its own', () => {
  for (const typed of ['help init router', 'init help router', 'init router --help']) {
    expect(run(...typed.split(' '))).toEqual({
      text: expect.stringContaining('Usage: wanbond init router'),
      code: 0,
    });
  }
  expect(run('help').text).toContain('Usage: wanbond [');
  expect(run('help', 'check').text).toContain('Usage: wanbond check');
});

test.each([
  ['frob --help', "'frob'", '(wanbond --help lists the commands)'],
  ['help frob', "'frob'", '(wanbond --help lists the commands)'],
  ['init frob --help', "'frob'", '(wanbond init --help lists the commands)'],
  ['init router --frob', "'--frob'", '(wanbond init router --help lists the options)'],
  ['check --frob', "'--frob'", '(wanbond check --help lists the options)'],
])('%s is a mistake, and the help to read is named', (typed, wrong, help) => {
  expect(run(...typed.split(' '))).toEqual({
    text: expect.stringMatching(new RegExp(`^error: unknown .*${wrong}`)),
    code: 1,
  });
  expect(run(...typed.split(' ')).text).toContain(help);
});

test('a command with its options runs', () => {
  expect(run('check', '-a')).toEqual({ text: 'check runs', code: 0 });
});
