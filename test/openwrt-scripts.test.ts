// The package's shell scripts: shellcheck, and the syntax of busybox ash; and what we write for UCI, as ash reads it.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRouterConfig, parseServerConfig } from '../src/config/load.ts';
import { mustRun, runCommand } from '../src/lab/command.ts';
import { parseUci, renderUci } from '../src/openwrt/uci-text.ts';
import { PACKAGE, STUBS } from './support/openwrt-box.ts';

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());

const scripts = [...files(PACKAGE), ...files(STUBS)].filter((path) =>
  readFileSync(path, 'utf8').startsWith('#!/bin/sh'),
);

test('every script is known', () => {
  const names = scripts.map((path) => path.slice(path.lastIndexOf('/') + 1));
  expect(names).toEqual(expect.arrayContaining(['wanbond', '90-wanbond', 'postinst', 'prerm', 'postrm']));
});

test.each(scripts)('%s', async (path) => {
  // dash is what shellcheck has of ash: POSIX, and `local`.
  expect(await runCommand(['shellcheck', '--shell=dash', path])).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await runCommand(['busybox', 'ash', '-n', path])).toEqual({ code: 0, stdout: '', stderr: '' });
  // Keys (-k) and separators (-t) are left out of OpenWrt's busybox.
  expect(readFileSync(path, 'utf8')).not.toMatch(/\bsort\b[^|;\n]* -\w*[kt]/);
  expect(statSync(path).mode & 0o111, 'may be executed').not.toBe(0);
});

test('what we write for UCI, ash reads as it was meant, as config_load has it', async () => {
  const value = fc
    .array(fc.constantFrom("'", '"', '\\', '$', '`', '#', ';', ' ', '\n', '\t', 'a', 'é', '|', '*'), {
      minLength: 1,
    })
    .map((chars) => chars.join(''));
  const values = fc.sample(value, 300);
  const text = renderUci([
    {
      type: 't',
      name: 'n',
      options: new Map([['y', values]]),
    },
  ]);
  const functions = `config() { :; }; option() { :; }; list() { printf '%s\\0' "$2"; }\n`;
  const read = await mustRun(['busybox', 'ash'], { input: functions + text });
  expect(read.split('\0').slice(0, -1)).toEqual(values);
});

test('the config that the package comes with is disabled, and lacks only what an operator has to say', () => {
  const { sections, problems } = parseUci(readFileSync(join(PACKAGE, 'files/etc/config/wanbond'), 'utf8'));
  expect(problems).toEqual([]);
  expect(sections.map(({ type, name, options }) => [type, name, Object.fromEntries(options)])).toEqual([
    ['wanbond', 'main', { enabled: '0', role: 'router' }],
  ]);
});

test('the marks of the include are those of the configs', () => {
  const include = readFileSync(
    join(PACKAGE, 'files/usr/share/nftables.d/chain-pre/input/wanbond.nft'),
    'utf8',
  );
  const key = Buffer.alloc(32).toString('base64');
  const router = parseRouterConfig(
    `lan = { interfaces = ["l"] }\nserver = { address = "192.0.2.1", key = "${key}" }\nwan = [{ name = "w", interface = "w" }]`,
    'r',
  ).config.redirect;
  const server = parseServerConfig(`listen = [{}]\nkey = [{ id = 1, key = "${key}" }]`, 's').config
    .interceptMark;
  const hex = (mark: number): string => `0x${mark.toString(16)}`;
  expect(include.match(/^meta mark & .* == 0x\w+/gm)).toEqual(
    [router, server].map(({ mark, markMask }) => `meta mark & ${hex(markMask)} == ${hex(mark)}`),
  );
});

test('sysupgrade keeps what an operator has written', () => {
  expect(readFileSync(join(PACKAGE, 'files/lib/upgrade/keep.d/wanbond'), 'utf8').trim().split('\n')).toEqual([
    '/etc/config/wanbond',
    '/etc/wanbond/',
  ]);
});
