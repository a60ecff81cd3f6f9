// Where Commander's help and its mistakes lead astray: both are put right here, for commands and their subcommands.
import type { Command } from 'commander';

/** `help init router` as `init router --help`: Commander looks at the first word only. */
export function withoutHelpCommand(words: readonly string[]): readonly string[] {
  return words[0] === 'help' && words.length > 1 ? [...words.slice(1), '--help'] : words;
}

/** Up to the first word that should be a command and is none: with `--help` after it, Commander would not say so. */
export function untilUnknown(program: Command, words: readonly string[]): readonly string[] {
  let command = program;
  for (const [i, word] of words.entries()) {
    const isChoice = command.commands.length > 0 && !word.startsWith('-') && word !== 'help';
    if (!isChoice) break;
    const next = command.commands.find((one) => one.name() === word);
    if (!next) return words.slice(0, i + 1);
    command = next;
  }
  return words;
}

/** Each mistake names the help to read. Settings do not go down to commands that were added. */
export function pointToHelp(command: Command, name = command.name()): void {
  const what = command.commands.length > 0 ? 'commands' : 'options';
  command.showHelpAfterError(`(${name} --help lists the ${what})`);
  for (const one of command.commands) pointToHelp(one, `${name} ${one.name()}`);
}
