// `wanbond init server`: installs a server, and hands out join strings for its routers.
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { onStderr as pc } from '../colors.ts';
import { renderUnicodeCompact } from 'uqr';
import { WanbondError } from '../../base/error.ts';
import { loadServerConfig, parseServerConfig } from '../../config/load.ts';
import { ConfigError } from '../../config/problem.ts';
import { KEY_BYTES } from '../../config/secret.ts';
import { DEFAULT_PORT } from '../../config/shared.ts';
import { readLinks } from '../../linux/netlink/read-links.ts';
import { encodeJoin, type Join } from '../../setup/join.ts';
import { configFile, unitFile, unitName } from '../../setup/places.ts';
import { refuseRouterName } from '../../setup/refuse-options.ts';
import {
  FIRST_KEY_ID,
  FIRST_ROUTER,
  nextKeyId,
  serverConfigText,
  withKey,
} from '../../setup/server-config-text.ts';
import { guessHosts, parseHost } from '../../setup/server-host.ts';
import { serverUnit } from '../../setup/unit-text.ts';
import { runCheck } from '../check/check.ts';
import { INSTALLING, requireRoot } from '../privileges.ts';
import { reload } from '../reload.ts';
import { replaceFile } from '../replace-file.ts';
import { Installation } from './installation.ts';
import { requireRunnable, thisProgram } from './preflight.ts';
import { ensureServiceUser } from './service-user.ts';
import { startService } from './start-service.ts';
import { findSystemd, systemctl } from './systemd.ts';

export interface ServerOptions {
  /** Public addresses or names; none: guessed. */
  readonly hosts: readonly string[];
  readonly port?: number;
  readonly now: boolean;
  readonly qr: boolean;
  readonly root: string;
}

const FILE = configFile('server');

/** Only the join string goes to standard output, so that a script can take it. Returns the exit code. */
export async function initServer(options: ServerOptions): Promise<number> {
  requireRoot(INSTALLING);
  const installation = new Installation(options.root);
  if (installation.has(FILE)) throw exists(installation);
  const systemd = findSystemd(options.root);
  requireRunnable('server', options.root, systemd);
  installation.refuseForeign(unitFile('server'));
  const hosts = hostsOf(options);
  const port = options.port ?? DEFAULT_PORT;
  const key = randomBytes(KEY_BYTES);
  const text = serverConfigText({ port, routerName: FIRST_ROUTER, key });
  const { config } = parseServerConfig(text, FILE);

  const owner = systemd === 'missing' ? undefined : ensureServiceUser(installation, options.root);
  installation.writeFile(FILE, text, 0o600, owner);
  say('wrote', `${FILE}, with a new key`);
  if (systemd !== 'missing') {
    const unit = serverUnit({ ...thisProgram(), configFile: FILE }, port);
    installation.writeFile(unitFile('server'), unit, 0o644);
    say('wrote', unitFile('server'));
  }
  const isFit = await checkQuietly(installation.at(FILE));
  say('server', startService('server', systemd, options.now && isFit));
  say('open', firewallAdvice(port));
  showJoin({ hosts, port, serverId: config.id, keyId: FIRST_KEY_ID, key }, options.qr);
  return isFit ? 0 : 1;
}

/** Adds a key to the config that is there and keeps the rest of it as it is. Returns the exit code. */
export async function addRouter(options: ServerOptions, name: string): Promise<number> {
  requireRoot(INSTALLING);
  refuseRouterName(name);
  const installation = new Installation(options.root);
  const file = installation.at(FILE);
  const { config } = loadServerConfig(file);
  const hosts = hostsOf(options);
  const port = config.listens.find(({ protocol }) => protocol.transport === 'convert')?.port ?? DEFAULT_PORT;
  const keyId = nextKeyId(config);
  const key = randomBytes(KEY_BYTES);
  const text = withKey(readFileSync(file, 'utf8'), keyId, name, key);
  try {
    parseServerConfig(text, file);
  } catch (cause) {
    throw cannotAdd(cause);
  }
  const { mode, uid, gid } = statSync(file);
  replaceFile(file, text, mode & 0o777, { uid, gid });
  say('wrote', `${FILE}: key ${keyId} for ${name}`);
  const later = `knows the new key after: wanbond reload -c ${FILE}`;
  say('server', options.now ? await tellServer(file, options.root) : later);
  showJoin({ hosts, port, serverId: config.id, keyId, key }, options.qr);
  return 0;
}

/** The join string is of use whatever becomes of this, so nothing is thrown for what a hand can do later. */
async function tellServer(file: string, root: string): Promise<string> {
  try {
    await reload(file);
    return 'knows the new key; running flows went on';
  } catch (error) {
    if (!(error instanceof WanbondError)) throw error;
    if (error.code !== 'not-running' || findSystemd(root) !== 'running')
      return `does not know the new key yet: ${error.message}; ${error.hint}`;
    systemctl('restart', unitName('server'));
    return `${unitName('server')} is started and knows the new key`;
  }
}

function hostsOf({ hosts }: ServerOptions): string[] {
  if (hosts.length > 0) return hosts.map(parseHost);
  return guessHosts(readLinks());
}

/** Says something only when something fails. */
async function checkQuietly(file: string): Promise<boolean> {
  let report = '';
  const code = await runCheck({ config: [file], write: (text) => void (report += text) });
  if (code !== 0) process.stderr.write(report);
  return code === 0;
}

function firewallAdvice(port: number): string {
  return `port ${port}, TCP and UDP: in the firewall of the provider (security group), and here if one runs (ufw allow ${port})`;
}

function showJoin(join: Join, qr: boolean): void {
  const text = encodeJoin(join);
  say('join', `routers reach it at ${join.hosts.join(' and ')}, port ${join.port}; on the router, as root:`);
  process.stderr.write(
    `${pc.dim('        wanbond init router JOIN --now    # JOIN is the line below; it holds the key')}\n`,
  );
  if (qr) process.stdout.write(`${renderUnicodeCompact(text, { ecc: 'L', border: 2 })}\n`);
  process.stdout.write(`${text}\n`);
}

function say(subject: string, what: string): void {
  process.stderr.write(`${pc.bold(subject.padEnd(6))}  ${what}\n`);
}

function exists(installation: Installation): WanbondError {
  const unit = installation.has(unitFile('server')) ? `, with ${unitFile('server')}` : '';
  return new WanbondError({
    code: 'already-initialized',
    message: `this host has a server already: ${FILE}${unit}`,
    hint: 'For another router: `wanbond init server --add-router NAME`. To begin anew: `wanbond uninstall` first.',
  });
}

function cannotAdd(cause: unknown): WanbondError {
  const why = cause instanceof ConfigError ? cause.message.split('\n')[0] : (cause as Error).message;
  return new WanbondError({
    code: 'cannot-add-key',
    message: `a [[key]] cannot be added at the end of ${FILE}: ${why}`,
    hint: 'Write the keys as [[key]] tables; the file was left as it is.',
    cause,
  });
}
