import { expect, it } from 'vitest';
import type { Setting } from './diff.ts';
import { ROUTER_SETTINGS } from './diff-router.ts';
import { SERVER_ROLE_SETTINGS } from './diff-server.ts';
import { renderReference } from './reference.ts';

it('docs/config.md is what the schema says (update: npx vitest run --project unit src/config/reference.test.ts -u)', async () => {
  await expect(renderReference()).toMatchFileSnapshot('../../docs/config.md');
});

it('names every key that takes a restart, or its section', () => {
  const needsRestart = (settings: readonly Setting<never>[]): string[] =>
    settings.filter((one) => one.needsRestart).map(({ key }) => key);
  const told = /take a restart: (.*?)\. A file/s.exec(renderReference())?.[1] ?? '';
  const missing = [...needsRestart(ROUTER_SETTINGS), ...needsRestart(SERVER_ROLE_SETTINGS)].filter((key) => {
    const [section = '', name = section] = (key.split(' ')[0] ?? '').split('.');
    const names = [`\`${section}.${name}\``, `\`${name}\``, `\`[${section}]\``, `\`[[${section}]]\``];
    return !names.some((one) => told.includes(one));
  });
  expect(missing).toEqual([]);
});
