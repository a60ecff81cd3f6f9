// docs/openwrt.md says what is so.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseRouterConfig } from '../config/load.ts';
import { parseUciConfig, renderedToml } from './load-uci.ts';
import { MAIN_OPTIONS, sectionTypes } from './section-types.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/openwrt.md'), 'utf8');
const [, table = ''] = /## UCI config\n([\s\S]*?)```/.exec(text) ?? [];
const [, example = ''] = /```uci\n([\s\S]*?)```/.exec(text) ?? [];

it('names every type of section', () => {
  const tables = [...sectionTypes('router'), ...sectionTypes('server')].map(({ type, path, isList }) => {
    if (path.length > 1) return `config ${type}`;
    return isList ? `[[${path.join('.')}]]` : `[${path.join('.')}]`;
  });
  expect([...tables, ...MAIN_OPTIONS].filter((one) => !table.includes(`\`${one}\``))).toEqual([]);
});

it('has an example that is valid', () => {
  const withKey = example.replace(
    /option key_file '.*'/,
    `option key '${Buffer.alloc(32).toString('base64')}'`,
  );
  expect(withKey).not.toBe(example);
  const { config } = parseRouterConfig(renderedToml(parseUciConfig(withKey, 'F'), 'F'), 'r');
  expect(config.wans.map(({ name, tier }) => [name, tier])).toEqual([
    ['dsl', 'active'],
    ['lte', 'overflow'],
  ]);
});
