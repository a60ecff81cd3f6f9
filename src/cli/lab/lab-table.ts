// The result of `wanbond lab` for people: a table of the WANs, and the verdict with its reasons.
import Table from 'cli-table3';
import { onStdout as pc } from '../colors.ts';
import type { Measurement } from '../../lab/measure/measure.ts';
import type { OpenwrtFigures } from '../../lab/openwrt/router.ts';
import { type CutFigures, findings } from '../../lab/measure/verdict.ts';

const mbit = (value: number): string => value.toFixed(1);
const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;

export function renderLabTable({ document, cpuSecondsPerGb, longestGapMs, losses }: Measurement): string {
  const table = new Table({
    head: ['Mbit/s', 'set', 'delay', 'alone down', 'alone up', 'bonded down', 'bonded up'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const wan of document.wans) {
    table.push([
      wan.name,
      wan.rateMbps === null ? 'unshaped' : String(wan.rateMbps),
      `${wan.delayMs} ms`,
      mbit(wan.aloneDownMbps),
      mbit(wan.aloneUpMbps),
      // With headers, so they may sum to more than the goodput below.
      mbit(wan.bondedDownMbps),
      mbit(wan.bondedUpMbps),
    ]);
  }
  const { bonded, sumDownMbps, sumUpMbps } = document;
  table.push([
    pc.bold('LAN device'),
    '',
    '',
    mbit(sumDownMbps),
    mbit(sumUpMbps),
    pc.bold(mbit(bonded.downMbps)),
    pc.bold(mbit(bonded.upMbps)),
  ]);
  // On slow links the cost is that of single packets, which says nothing about a fast one.
  const isUnshaped = document.wans.every((wan) => wan.rateMbps === null);
  const cpu = `CPU          router ${cpuSecondsPerGb.router.toFixed(2)} s/GB, server ${cpuSecondsPerGb.server.toFixed(2)} s/GB`;
  const isBonding = document.verdict === 'bonding';
  return [
    table.toString(),
    `efficiency   ${percent(document.efficiencyDown)} down, ${percent(document.efficiencyUp)} up; ${bonded.subflows} subflows; longest gap ${Math.round(longestGapMs)} ms`,
    `sockets      LAN device ${socket(document.lanUsedMptcp)}, origin ${socket(document.originUsedMptcp)}, between router and server ${socket(document.middleUsedMptcp)}`,
    ...(isUnshaped ? [cpu] : []),
    `contents     ${document.sha256Match ? 'equal' : pc.red('DIFFERENT')} (SHA-256)`,
    ...(document.cut ? cutLines(document.cut, losses) : []),
    ...(document.openwrt ? openwrtLines(document.openwrt) : []),
    `verdict      ${isBonding ? pc.green(pc.bold('bonding')) : pc.red(pc.bold(document.verdict))}`,
    ...findings(document).map(({ reason }) => `             ${reason}`),
  ].join('\n');
}

function cutLines(cut: CutFigures, losses: readonly string[]): string[] {
  const took = (ms: number | null): string => (ms === null ? 'failed' : `${ms} ms`);
  const way = { both: '', up: ' towards the server', down: ' from the server' }[cut.direction];
  const how = cut.kind === 'carrier' ? 'lost its carrier' : `dropped all packets${way}`;
  const transfer = cut.transfer === 'down' ? 'a download' : 'an upload';
  const back =
    cut.restoredMs === null ? 'it carried nothing again' : `carried data again ${cut.restoredMs} ms later`;
  return [
    `cut          ${cut.wan} ${how} during ${transfer}: nothing read for ${cut.stallMs} ms (before: ${cut.usualGapMs} ms)`,
    `             ${cut.flowsLost} of ${cut.flows} flows lost; new connection ${took(cut.newFlowMs)}, slowest ${took(cut.newFlowWorstMs)} (before: ${took(cut.usualFlowMs)})`,
    ...losses.map((loss) => `             ${loss}`),
    ...(cut.restoreStallMs === null
      ? []
      : [`             restored: ${back}; nothing read for ${cut.restoreStallMs} ms`]),
  ];
}

function openwrtLines(figures: OpenwrtFigures): string[] {
  const { rootfs, release, wanbond, node, musl, fw4, uci } = figures;
  const from = { installed: 'installed in it', package: 'of the package', running: 'of this lab' };
  return [
    `router       inside ${rootfs}: ${release}, wanbond ${wanbond} (${from[figures.program]}), Node ${node}, musl ${musl}`,
    `             ${fw4 ? 'with its fw4, whose zones lan and wan reject input' : 'WITHOUT a firewall: it has no fw4'}; config ${uci ? 'read by its uci too' : 'NOT read by its uci, which it does not have'}`,
    '             the init script was not run: it takes procd and ubus',
  ];
}

const socket = (usedMptcp: boolean): string => (usedMptcp ? 'MPTCP' : 'plain TCP');
