// The WANs of a running router as a table for people.
import Table from 'cli-table3';
import type { Capacity, Load } from '../wan/tiers/fullness.ts';
import type { WanStatus } from '../router/report/wan-status.ts';
import { onStdout as pc } from './colors.ts';

export function renderWanTable(wans: readonly WanStatus[]): string {
  const table = new Table({
    head: ['WAN', 'tier', 'role', 'Mbit/s down', 'Mbit/s up', 'this month', 'why'],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const wan of wans) {
    table.push([
      pc.bold(wan.name),
      tierText(wan),
      wan.role === 'bulk' ? pc.green(wan.role) : wan.role,
      loadText(wan.load.down),
      loadText(wan.load.up),
      monthText(wan),
      wan.reason ?? wan.trouble ?? '',
    ]);
  }
  return table.toString();
}

function tierText({ tier, override, configuredTier }: WanStatus): string {
  if (override !== undefined) return `${tier} by hand (config: ${configuredTier})`;
  return tier === configuredTier ? tier : `${tier} (config: ${configuredTier})`;
}

/** `3.2 of 20`; with `~` what was learned. */
function loadText({ rateBps, capacity }: Load): string {
  const rate = rateBps === undefined ? '-' : mbit(rateBps);
  return capacity === undefined ? rate : `${rate} of ${capacityText(capacity)}`;
}

const capacityText = ({ bps, isLearned }: Capacity): string => `${isLearned ? '~' : ''}${mbit(bps)}`;
const mbit = (bps: number): string => String(Number((bps / 1e6).toFixed(bps < 10e6 ? 1 : 0)));

function monthText({ month }: WanStatus): string {
  const used = month.rxBytes + month.txBytes;
  if (month.capBytes === undefined) return giga(used);
  const percent = `${Math.floor((used / month.capBytes) * 100)} %`;
  const text = `${giga(used)} of ${giga(month.capBytes)}, ${percent}`;
  if (month.capState === 'past') return pc.red(text);
  return month.capState === 'warn' ? pc.yellow(text) : text;
}

/** In the unit that data plans are sold in; less where it would be 0. */
function giga(bytes: number): string {
  if (bytes < 1e8) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(bytes < 1e10 ? 2 : 1)} GB`;
}
