import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRouterConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import { importToml } from './import-toml.ts';
import { isEnabledIn, loadUci, readUci, renderedToml } from './load-uci.ts';

const KEY = 'QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=';
const router = (key: string): string => `
config wanbond 'main'
config lan
	list interfaces 'br-lan'
config server
	list address '192.0.2.1'
	option ${key}
config wan 'dsl'
	option interface 'eth1'
`;

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wanbond-uci-'));
  file = join(folder, 'wanbond');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(text: string, mode: number): void {
  writeFileSync(file, text);
  chmodSync(file, mode);
}

describe('a key', () => {
  it('in the UCI file is warned about when others may read it', () => {
    write(router(`key '${KEY}'`), 0o644);
    expect(loadUci(file).warnings).toEqual([
      expect.objectContaining({ line: 1, hint: `Run \`chmod 600 ${file}\`.` }),
    ]);
    chmodSync(file, 0o600);
    expect(loadUci(file).warnings).toEqual([]);
  });

  it('in a file of its own is found beside the UCI file, and by the daemon, wherever its TOML lies', () => {
    writeFileSync(join(folder, 'router.key'), KEY, { mode: 0o644 });
    write(router("key_file 'router.key'"), 0o644);
    const loaded = loadUci(file);
    expect(loaded.warnings).toEqual([
      expect.objectContaining({
        line: 7,
        path: 'wanbond.@server[0].key_file',
        hint: 'Run `chmod 600 router.key`.',
      }),
    ]);
    expect(parseRouterConfig(renderedToml(loaded, file), '/elsewhere/r.toml').config.servers).toMatchObject([
      { protocol: { key: new Uint8Array(32).fill(0x41) } },
    ]);
    const toml = `lan.interfaces = ["l"]\nserver = { address = "192.0.2.1", key-file = "router.key" }\nwan = [{ name = "w", interface = "w" }]`;
    expect(importToml(toml, join(folder, 'r.toml'))).toContain(
      `option key_file '${join(folder, 'router.key')}'`,
    );
  });
});

describe('whether the service is to run', () => {
  it('is known of a config that lacks the rest', () => {
    write("config wanbond 'main'\n\toption enabled '1'\n\toption role 'router'\n", 0o600);
    expect(isEnabledIn(file)).toBe(true);
    write("config wanbond 'main'\nconfig wan\n\toption teir 'x'\n", 0o600);
    expect(isEnabledIn(file)).toBe(false);
  });

  it.each([
    [
      'whose quote swallows the option',
      "config wanbond 'main'\n\toption role 'router\n\toption enabled '1'\n",
    ],
    ['without the section', 'config wan\n'],
  ])('is not known of a file %s', (_, text) => {
    write(text, 0o600);
    expect(() => isEnabledIn(file)).toThrow(ConfigError);
  });
});

it('says of a file that is not there where it was looked for', () => {
  expect(() => loadUci('/nowhere/wanbond')).toThrow(/\/nowhere\/wanbond.*there is no such file/);
});

it('imports no file of neither role', () => {
  expect(() => importToml('x = 1', 'x.toml')).toThrow(
    expect.objectContaining({
      code: 'unknown-role',
      hint: expect.stringMatching(/\[lan\]/) as string,
    }) as Error,
  );
});

it('a file that cannot be read points to the check of UCI files', () => {
  for (const read of [readUci, loadUci, isEnabledIn]) {
    expect(() => read(join(folder, 'nothing'))).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/`wanbond uci check .*nothing`/) }),
    );
  }
});
