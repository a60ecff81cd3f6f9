import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readNode } from './bundled-node.ts';
import { elfFacts } from '../../../src/openwrt/elf.ts';
import { askForMusl } from './musl-program.fixture.ts';

const PROGRAM = readFileSync('/bin/sh');
const GLIBC = elfFacts(PROGRAM)?.interpreter ?? '';
const MACHINE_AT = 18;
const EM_RISCV = 243;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wanbond-elf-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The path of a changed copy of a program. */
function changed(change: (copy: Buffer) => void): string {
  const copy = Buffer.from(PROGRAM);
  change(copy);
  const path = join(folder, 'node');
  writeFileSync(path, copy);
  return path;
}

test('a program tells its CPU, loader and libraries', () => {
  const facts = elfFacts(PROGRAM);
  expect(facts?.interpreter).toMatch(/^\/lib(64)?\/ld-/);
  expect(facts?.needed).toContain('libc.so.6');
  expect(elfFacts(Buffer.from('#!/bin/sh\n'.repeat(20)))).toBeUndefined();
});

test('a Node for musl is taken, with what it needs', () => {
  const { cpu, libraries } = readNode(changed(askForMusl));
  expect({ cpu: cpu.npm, libraries }).toEqual({ cpu: 'x64', libraries: ['libc.so.6'] });
});

test('what a router cannot run is refused', () => {
  expect(() => readNode('/bin/sh')).toThrow(`needs ${GLIBC}, which OpenWrt does not have`);
  expect(() => readNode(import.meta.filename)).toThrow('is no program for');
  expect(() => readNode(folder)).toThrow('cannot be read');
  const riscv = changed((copy) => void copy.writeUInt16LE(EM_RISCV, MACHINE_AT));
  expect(() => readNode(riscv)).toThrow('is no program for');
  const static_ = changed((copy) => {
    // The segment of type 3, which names the loader, becomes one of type 0, which means nothing.
    const segments = Number(copy.readBigUInt64LE(32));
    for (let at = segments; ; at += 56)
      if (copy.readUInt32LE(at) === 3) return void copy.writeUInt32LE(0, at);
  });
  expect(() => readNode(static_)).toThrow('linked statically');
});
