// `wanbond init router`: pairs this host with a server, from a join string and what it finds of LAN and WANs.
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { onStdout as pc } from '../colors.ts';
import { type Address, formatAddress, parseAddress } from '../../base/address.ts';
import { WanbondError } from '../../base/error.ts';
import { readLinks } from '../../linux/netlink/read-links.ts';
import { type Choice, chooseInterfaces } from '../../setup/choose-interfaces.ts';
import { type GuessedInterface, guessInterfaces, type InterfaceGuess } from '../../setup/guess-interfaces.ts';
import { decodeJoin, type Join } from '../../setup/join.ts';
import { configFile, unitFile } from '../../setup/places.ts';
import { refuseChoice } from '../../setup/refuse-options.ts';
import { routerConfigText } from '../../setup/router-config-text.ts';
import { routerUnit } from '../../setup/unit-text.ts';
import { runCheck } from '../check/check.ts';
import { INSTALLING, requireRoot } from '../privileges.ts';
import { canAsk, confirm, NOT_CONFIRMED } from './ask.ts';
import { Installation } from './installation.ts';
import { requireRunnable, thisProgram } from './preflight.ts';
import { startService } from './start-service.ts';
import { findSystemd } from './systemd.ts';

export interface RouterOptions {
  readonly lan: readonly string[];
  readonly wan: readonly string[];
  readonly yes: boolean;
  readonly now: boolean;
  readonly root: string;
}

const FILE = configFile('router');

/** Returns the exit code. */
export async function initRouter(joinText: string, options: RouterOptions): Promise<number> {
  requireRoot(INSTALLING);
  const installation = new Installation(options.root);
  if (installation.has(FILE)) throw exists();
  const systemd = findSystemd(options.root);
  requireRunnable('router', options.root, systemd);
  installation.refuseForeign(unitFile('router'));
  const join = decodeJoin(joinText === '-' ? readFileSync(0, 'utf8') : joinText);
  const addresses = await resolveHosts(join.hosts);
  const guess = guessInterfaces(readLinks());
  const choice = chooseInterfaces(guess, options.lan, options.wan);
  const text = routerConfigText({ ...choice, join });
  refuseChoice(text);

  say(describeChoice(guess, choice, join, addresses));
  if (!options.yes && !(canAsk() && (await confirm('Go ahead?')))) {
    say(canAsk() ? ['Nothing was changed.'] : howToConfirm(choice));
    return NOT_CONFIRMED;
  }
  installation.writeFile(FILE, text, 0o600);
  say(['', `wrote  ${FILE}`]);
  if (systemd !== 'missing') {
    installation.writeFile(unitFile('router'), routerUnit({ ...thisProgram(), configFile: FILE }), 0o644);
    say([`wrote  ${unitFile('router')}`]);
  }
  say(['', 'wanbond check:']);
  // A server or a WAN that is not there yet is no reason against a start.
  const code = await runCheck({ config: [installation.at(FILE)], network: 'lenient' });
  say(['', startService('router', systemd, options.now && code === 0)]);
  return code;
}

/** For the operator to see: names stay names in the config. @throws WanbondError `unknown-host` */
async function resolveHosts(hosts: readonly string[]): Promise<Address[]> {
  const found = await Promise.all(
    hosts.map(async (host) => {
      if (host.includes(':') || /^[\d.]+$/.test(host)) return [host];
      const answers = await lookup(host, { all: true }).catch((cause: unknown) => {
        throw new WanbondError({
          code: 'unknown-host',
          message: `the server's name ${host} has no address: ${(cause as NodeJS.ErrnoException).code}`,
          hint: 'Check the DNS of this host, or make a join string with `--address ADDRESS`.',
          cause,
        });
      });
      return answers.map(({ address }) => address);
    }),
  );
  return [...new Set(found.flat().map((text) => formatAddress(parseAddress(text))))].map(parseAddress);
}

function describeChoice(
  guess: InterfaceGuess,
  choice: Choice,
  join: Join,
  addresses: readonly Address[],
): string[] {
  const all = [...guess.wans, ...guess.lans, ...guess.others];
  const why = (name: string): string =>
    all.find((one) => one.interface === name)?.why ?? 'as you say; there is no such interface now';
  const named = new Set([...choice.lanInterfaces, ...choice.wans.map((wan) => wan.interface)]);
  const left = all.filter((one) => !named.has(one.interface));
  const lans = choice.lanInterfaces.map((name) => line('LAN', name, why(name)));
  const wans = choice.wans.map((wan) => {
    const name = wan.name === wan.interface ? wan.name : `${wan.name} on ${wan.interface}`;
    return line('WAN', name, why(wan.interface));
  });
  const server = line('server', addresses.map(formatAddress).join(', '), `port ${join.port}`);
  return [
    ...wans,
    ...lans,
    server,
    ...left.map((one: GuessedInterface) => line('unused', one.interface, one.why)),
    '',
    `wanbond will carry the TCP connections of devices on ${choice.lanInterfaces.join(', ')} to that server,`,
    `over ${choice.wans.map(({ name }) => name).join(', ')}. \`wanbond uninstall\` puts everything back.`,
  ];
}

function howToConfirm(choice: Choice): string[] {
  const options = [
    ...choice.lanInterfaces.map((name) => `--lan ${name}`),
    ...choice.wans.map((wan) => `--wan ${wan.name}=${wan.interface}`),
  ];
  return [
    '',
    'Nothing was changed. If this is right, run it again with --yes; if not, correct:',
    `  wanbond init router JOIN ${options.join(' ')} --yes`,
  ];
}

function line(subject: string, what: string, why: string): string {
  return `${pc.bold(subject.padEnd(6))}  ${what.padEnd(16)}  ${why}`;
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function exists(): WanbondError {
  return new WanbondError({
    code: 'already-initialized',
    message: `this host has a router already: ${FILE}`,
    hint: 'Edit it (a join string stands for its [server]), or run `wanbond uninstall` first to begin anew.',
  });
}
