// The systemd units, hardened as far as each role can bear.
import { DAEMON_NODE_FLAGS } from '../base/package-files.ts';
import type { Role } from '../config/load.ts';
import { RECORD_DIRECTORY, SERVICE_USER, unitName } from './places.ts';

export interface UnitInput {
  /** Absolute paths. */
  readonly node: string;
  readonly program: string;
  readonly configFile: string;
}

// Twice the flows of a default config and then some: what `wanbond check` advises.
const OPEN_FILES = 65_536;
const FIRST_UNPRIVILEGED_PORT = 1024;

// MemoryDenyWriteExecute is missing on purpose: V8 compiles at run time.
const HARDENING = [
  'NoNewPrivileges=yes',
  'ProtectSystem=strict',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectProc=invisible',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallErrorNumber=EPERM',
  'UMask=0077',
];

/** Its own user without any privilege; what only root may set is set around it. */
export function serverUnit(input: UnitInput, port: number): string {
  const run = runner(input);
  const capabilities = port < FIRST_UNPRIVILEGED_PORT ? 'CAP_NET_BIND_SERVICE' : '';
  const config = ['-c', input.configFile];
  const record = ['--record', RECORD_DIRECTORY];
  return render('server', 'wanbond server: the far end of routers that bond their WANs', [
    `User=${SERVICE_USER}`,
    `Group=${SERVICE_USER}`,
    '# As root (+): MPTCP limits and the maxima of TCP buffers are not for the daemon to change.',
    `ExecStartPre=+${run('up', ...config, ...record)}`,
    `ExecStart=${run('server', ...config)}`,
    `ExecStopPost=+${run('down', ...config, ...record)}`,
    'RuntimeDirectory=wanbond-server',
    'RuntimeDirectoryMode=0750',
    '# Holds the time until which Shadowsocks requests were taken, by which the next start knows recorded ones.',
    'RuntimeDirectoryPreserve=yes',
    '',
    '# An "intercept" listener needs CAP_NET_ADMIN in both lines: docs/gateway.md.',
    `CapabilityBoundingSet=${capabilities}`,
    `AmbientCapabilities=${capabilities}`,
    'ProtectHome=yes',
    'ProtectKernelTunables=yes',
    'RemoveIPC=yes',
    ...HARDENING,
  ]);
}

/**
 * Root, but only with what routes, nftables and transparent sockets need (NET_ADMIN), the tries of MP_JOIN (NET_RAW), and
 * many large pipes (SYS_RESOURCE).
 */
export function routerUnit(input: UnitInput): string {
  const run = runner(input);
  const config = ['-c', input.configFile];
  return render('router', 'wanbond router: bonds the WANs of this site', [
    `ExecStart=${run('router', ...config)}`,
    '# Takes back what is left when the daemon did not end in order, but not the way out of the devices without it.',
    `ExecStopPost=${run('down', ...config, '--keep-nat')}`,
    'RuntimeDirectory=wanbond',
    '# Holds the record of changed settings, which must outlive a daemon that could not take them back.',
    'RuntimeDirectoryPreserve=yes',
    '# /var/lib/wanbond, the default of data-dir: the use of each WAN this month.',
    'StateDirectory=wanbond',
    'StateDirectoryMode=0700',
    '',
    'CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_RESOURCE',
    `ProtectHome=${isInHome(input) ? 'read-only' : 'yes'}`,
    ...HARDENING,
  ]);
}

function render(role: Role, description: string, service: readonly string[]): string {
  return [
    `# Made by \`wanbond init ${role}\`, removed by \`wanbond uninstall\`. Change it with: systemctl edit ${unitName(role)}`,
    '[Unit]',
    `Description=${description}`,
    'Wants=network-online.target',
    'After=network-online.target',
    '# However long the network is missing: it is tried again.',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=notify',
    ...service.slice(0, service.indexOf('')),
    '# Takes over the config file; what is wrong with it is in the journal.',
    'ExecReload=/bin/kill -HUP $MAINPID',
    'Restart=on-failure',
    'RestartSec=1',
    '# A host that is short of CPU is slow, not hung, and the flows are not in the thread that reports.',
    'WatchdogSec=30',
    '# Longer than relay.drain-timeout.',
    'TimeoutStopSec=90',
    'KillMode=mixed',
    `LimitNOFILE=${OPEN_FILES}`,
    ...service.slice(service.indexOf('')),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}

function isInHome({ node, program }: UnitInput): boolean {
  return [node, program].some((path) => /^\/(root|home|run\/user)\//.test(path));
}

/** The command line for the arguments of a command of ours. */
const runner =
  ({ node, program }: UnitInput) =>
  (...args: readonly string[]): string =>
    commandLine([node, ...DAEMON_NODE_FLAGS, program, ...args]);

/** As systemd reads it (systemd.service(5), "Command lines"): quotes, and `%` and `$` doubled. */
export function commandLine(words: readonly string[]): string {
  return words.map(quote).join(' ');
}

function quote(word: string): string {
  const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[\w@%+=:,./$-]+$/.test(escaped)) return escaped;
  return `"${escaped.replaceAll(/["\\]/g, '\\$&')}"`;
}
