// Which config a command works on: the one that is given, or the one that is installed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, type Option } from 'commander';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configOption, installedConfig, requiredConfigOption } from './config-option.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'wanbond-test-config-option-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const BOTH = ['router', 'server'] as const;

test('without -c the installed config is meant, if there is exactly one', () => {
  const places = ['router.toml', 'server.toml', 'rendered.toml'].map((name) => join(folder, name));
  const find = (): string => installedConfig(BOTH, places);
  expect(find).toThrow(/no config was given, and there is no .*router\.toml, .*rendered\.toml$/);
  writeFileSync(join(folder, 'server.toml'), '');
  expect(find()).toBe(join(folder, 'server.toml'));
  writeFileSync(join(folder, 'router.toml'), '');
  expect(find).toThrow(/more than one: .*router\.toml, .*server\.toml$/);
});

test('-c twice is refused, as one would be left out', () => {
  const parse = (option: Option, ...words: string[]): unknown =>
    new Command('plan')
      .addOption(option)
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .parse(words, { from: 'user' })
      .opts();
  for (const option of [configOption('the config file'), requiredConfigOption('the config file')]) {
    expect(parse(option, '-c', 'a')).toEqual({ config: 'a' });
    expect(() => parse(option, '-c', 'a', '-c', 'b')).toThrow(/'b' is invalid.*give -c once/);
  }
});

test('help says of -c that it is required, or what is taken without it', () => {
  expect(requiredConfigOption('the config file').description).toBe('the config file (required)');
  expect(configOption('the config file', ['router']).description).toMatch(
    /\(default: \/etc\/wanbond\/router\.toml, as /,
  );
});
