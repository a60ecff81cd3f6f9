import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DAEMON_NODE_FLAGS } from '../base/package-files.ts';
import { DEFAULT_DATA_DIR } from '../config/router.ts';
import { unitFile, unitName } from './places.ts';
import { commandLine, routerUnit, serverUnit, type UnitInput } from './unit-text.ts';

const INPUT: UnitInput = {
  node: process.execPath,
  program: '/usr/lib/node_modules/wanbond/dist/main.js',
  configFile: '/etc/wanbond/server.toml',
};

/** Section and key to values, as systemd splits them; a line it would not understand fails. */
function parse(unit: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let section = '';
  for (const line of unit.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const header = /^\[(Unit|Service|Install)\]$/.exec(line)?.[1];
    if (header) {
      section = header;
      continue;
    }
    const [, key, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined || section === '')
      throw new Error(`not a unit line: ${line}`);
    const path = `${section}.${key}`;
    found.set(path, [...(found.get(path) ?? []), value]);
  }
  return found;
}

describe('the unit of the server', () => {
  const unit = parse(serverUnit(INPUT, 5124));
  const service = (key: string): string | undefined => unit.get(`Service.${key}`)?.join('\n');

  it('gives the daemon a user of its own and no privilege', () => {
    expect(service('User')).toBe('wanbond');
    expect(service('CapabilityBoundingSet')).toBe('');
    expect(service('AmbientCapabilities')).toBe('');
    expect(service('NoNewPrivileges')).toBe('yes');
    expect(service('ProtectSystem')).toBe('strict');
    expect(service('MemoryDenyWriteExecute')).toBeUndefined();
  });

  it('sets and takes back as root what the daemon may not, with a record that only root can write', () => {
    const config = '-c /etc/wanbond/server.toml';
    const run = `${INPUT.node} ${DAEMON_NODE_FLAGS.join(' ')} ${INPUT.program}`;
    expect(service('ExecStartPre')).toBe(`+${run} up ${config} --record /run/wanbond-up`);
    expect(service('ExecStart')).toBe(`${run} server ${config}`);
    expect(service('ExecStopPost')).toBe(`+${run} down ${config} --record /run/wanbond-up`);
    expect(service('RuntimeDirectory')).toBe('wanbond-server');
    // Without it systemd empties the folder at every stop, and recorded requests would be taken again.
    expect(service('RuntimeDirectoryPreserve')).toBe('yes');
  });

  it('is watched and comes back', () => {
    expect(service('Type')).toBe('notify');
    expect(service('ExecReload')).toBe('/bin/kill -HUP $MAINPID');
    expect(service('WatchdogSec')).toBe('30');
    expect(service('Restart')).toBe('on-failure');
    expect(service('RestartSec')).toBe('1');
    expect(Number(service('LimitNOFILE'))).toBeGreaterThanOrEqual(65_536);
    expect(unit.get('Install.WantedBy')).toEqual(['multi-user.target']);
  });

  it('may bind a low port where it has to', () => {
    const low = parse(serverUnit(INPUT, 443));
    expect(low.get('Service.CapabilityBoundingSet')).toEqual(['CAP_NET_BIND_SERVICE']);
    expect(low.get('Service.AmbientCapabilities')).toEqual(['CAP_NET_BIND_SERVICE']);
  });
});

describe('the unit of the router', () => {
  it('is root with the few capabilities that it needs', () => {
    const unit = parse(routerUnit({ ...INPUT, configFile: '/etc/wanbond/router.toml' }));
    expect(unit.get('Service.User')).toBeUndefined();
    expect(unit.get('Service.CapabilityBoundingSet')).toEqual(['CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_RESOURCE']);
    // It writes sysctls.
    expect(unit.get('Service.ProtectKernelTunables')).toBeUndefined();
    expect(unit.get('Service.ProtectHome')).toEqual(['yes']);
  });

  it('may write where the use of the WANs is kept, and nowhere else that lasts', () => {
    const unit = parse(routerUnit(INPUT));
    expect(unit.get('Service.StateDirectory')?.map((name) => `/var/lib/${name}`)).toEqual([DEFAULT_DATA_DIR]);
    expect(unit.get('Service.ProtectSystem')).toEqual(['strict']);
    expect(unit.get('Service.ReadWritePaths')).toBeUndefined();
  });

  it('sees the home folder that its program lies in', () => {
    const unit = parse(routerUnit({ ...INPUT, program: '/root/wanbond/dist/main.js' }));
    expect(unit.get('Service.ProtectHome')).toEqual(['read-only']);
  });
});

it('quotes what systemd would take apart', () => {
  expect(commandLine(['/opt/my node/bin/node', '/a%b/$c', 'say "x"', 'c:\\d'])).toBe(
    '"/opt/my node/bin/node" /a%%b/$$c "say \\"x\\"" "c:\\\\d"',
  );
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

it.skipIf(!hasSystemd)('systemd finds no fault with them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wanbond-unit-'));
  try {
    // Programs that exist, as systemd looks for them.
    const input = { ...INPUT, program: import.meta.filename };
    const units = { server: serverUnit(input, 443), router: routerUnit(input) };
    const files = (['server', 'router'] as const).map((role) => {
      const file = join(folder, unitName(role));
      writeFileSync(file, units[role]);
      return file;
    });
    const options = { encoding: 'utf8', stdio: 'pipe' } as const;
    const verify = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], options);
    const said = verify.stderr.split('\n').filter((line) => line.includes('wanbond'));
    expect(said).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(unitFile('server')).toBe('/etc/systemd/system/wanbond-server.service');
});
