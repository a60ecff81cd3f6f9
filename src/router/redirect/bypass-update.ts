// Replaces what of the running table depends on WANs and servers, whose addresses come and go: the bypass sets, and
// which packets of this host are marked.
import type { Family } from '../../base/address.ts';
import { prefixTexts } from '../../plan/nft-text.ts';
import { outputRules, type RedirectTable } from './redirect-table.ts';

/** One transaction: no packet sees an empty set or chain. */
export function renderBypassUpdate(table: RedirectTable): string {
  const chain = `inet ${table.name} output`;
  const rules = outputRules(table).map((rule) => `add rule ${chain} ${rule}\n`);
  return [
    ...([4, 6] as const).map((family) => renderSetUpdate(table, family)),
    `flush chain ${chain}\n`,
    ...rules,
  ].join('');
}

function renderSetUpdate(table: RedirectTable, family: Family): string {
  const elements = prefixTexts(table.bypass, family);
  const set = `inet ${table.name} bypass${family}`;
  const add = elements.length === 0 ? '' : `add element ${set} { ${elements.join(', ')} }\n`;
  return `flush set ${set}\n${add}`;
}
