// Replaces the bypass sets of the running table: the WANs' own subnets come and go.
import type { Family } from '../base/address.ts';
import { prefixTexts } from './bypass.ts';
import type { RedirectTable } from './redirect-table.ts';

/** One transaction: no packet sees an empty set. */
export function renderBypassUpdate(table: RedirectTable): string {
  return ([4, 6] as const).map((family) => renderSetUpdate(table, family)).join('');
}

function renderSetUpdate(table: RedirectTable, family: Family): string {
  const elements = prefixTexts(table.bypass, family);
  const set = `inet ${table.name} bypass${family}`;
  const add = elements.length === 0 ? '' : `add element ${set} { ${elements.join(', ')} }\n`;
  return `flush set ${set}\n${add}`;
}
