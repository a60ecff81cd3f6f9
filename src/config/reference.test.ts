import { expect, it } from 'vitest';
import { renderReference } from './reference.ts';

it('docs/config.md is what the schema says (update: npx vitest run --project unit src/config/reference.test.ts -u)', async () => {
  await expect(renderReference()).toMatchFileSnapshot('../../docs/config.md');
});
