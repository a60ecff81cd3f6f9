// What the operator says of LAN and WANs, and what is guessed for the rest.
import { WanbondError } from '../base/error.ts';
import type { InterfaceGuess } from './guess-interfaces.ts';

export interface ChosenWan {
  readonly name: string;
  readonly interface: string;
}

export interface Choice {
  readonly lanInterfaces: readonly string[];
  readonly wans: readonly ChosenWan[];
}

/** `--wan NAME=IF`, or `--wan IF` with the name of the interface. */
export function parseWanOption(text: string): ChosenWan {
  const [name, device] = text.includes('=') ? text.split('=', 2) : [wanName(text), text];
  if (name && device && wanName(name) === name) return { name, interface: device };
  throw new WanbondError({
    code: 'bad-wan-option',
    message: `"${text}" is not NAME=INTERFACE`,
    hint: 'Write for example --wan dsl=eth1; a name has 1 to 32 letters, digits, - or _.',
  });
}

/** What is given replaces the guess of its kind. @throws WanbondError `no-wan-found` or `no-lan-found`. */
export function chooseInterfaces(
  guess: InterfaceGuess,
  lanOptions: readonly string[],
  wanOptions: readonly string[],
): Choice {
  const given = wanOptions.map(parseWanOption);
  const guessed = guess.wans.map((one) => ({ name: wanName(one.interface), interface: one.interface }));
  const isTaken = (name: string): boolean =>
    lanOptions.includes(name) || given.some((wan) => wan.interface === name);
  const wans = given.length > 0 ? given : guessed.filter((wan) => !isTaken(wan.interface));
  const lans = guess.lans.map((one) => one.interface).filter((name) => !isTaken(name));
  const choice = { wans, lanInterfaces: lanOptions.length > 0 ? lanOptions : lans };
  if (choice.wans.length === 0)
    throw notFound('wan', 'no interface has a default route', '--wan NAME=IF', guess);
  if (choice.lanInterfaces.length === 0)
    throw notFound('lan', 'no interface has a private address and no default route', '--lan IF', guess);
  return choice;
}

/** As the config wants names: `eth0.100` becomes `eth0-100`. */
function wanName(device: string): string {
  return device
    .replaceAll(/[^a-z0-9_-]/gi, '-')
    .replace(/^[-_]+/, '')
    .slice(0, 32);
}

function notFound(kind: string, why: string, option: string, guess: InterfaceGuess): WanbondError {
  const all = [...guess.wans, ...guess.lans, ...guess.others].map((one) => `${one.interface} (${one.why})`);
  return new WanbondError({
    code: `no-${kind}-found`,
    message: `no ${kind.toUpperCase()} found: ${why}`,
    hint: `Name it with ${option}. This host has: ${all.join('; ') || 'no interface'}.`,
  });
}
