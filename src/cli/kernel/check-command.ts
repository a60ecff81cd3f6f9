// `wanbond kernel check`: its command line and its report.
import { Command } from 'commander';
import { judgeKernel, type KernelFinding } from '../../kernel/check/judge.ts';
import { type ReadConfig, readConfigFile } from '../../kernel/check/read-config.ts';
import { readRunning } from '../../kernel/check/running.ts';
import { findingLines } from '../check/finding-lines.ts';
import { once } from '../config-option.ts';
import { onStdout as pc } from '../colors.ts';

export function kernelCheckCommand(): Command {
  return new Command('check')
    .description('say what a kernel has of what wanbond needs, and what of OpenWrt adds the rest')
    .option(
      '-c, --config <file>',
      "a .config, /boot/config-*, or target/linux/*/config-* of an OpenWrt tree; without it, this machine's kernel",
      once,
    )
    .option('--json', 'print one JSON document')
    .action(({ config, json }: { config?: string; json?: boolean }) => {
      const read = config === undefined ? readRunning() : readConfigFile(config);
      const findings = judgeKernel(read.facts);
      process.stdout.write(json ? renderJson(read, findings) : renderHuman(read, findings));
      process.exitCode = isGood(findings) ? 0 : 1;
    });
}

const isGood = (findings: readonly KernelFinding[]): boolean =>
  findings.every(({ level }) => level !== 'fail');

function renderJson({ files, facts }: ReadConfig, findings: readonly KernelFinding[]): string {
  const document = {
    schema: 1,
    ok: isGood(findings),
    isRunning: facts.isRunning,
    kernel: facts.versionText === '' ? null : facts.versionText,
    files,
    findings,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function renderHuman({ files, facts }: ReadConfig, findings: readonly KernelFinding[]): string {
  const from = files.length === 0 ? 'no config can be read, so by trying' : files.join(', over ');
  const bad = findings.filter(({ level }) => level === 'fail').length;
  const lines = [
    pc.dim(facts.isRunning ? `The kernel that runs here (${from})` : from),
    ...findingLines(findings),
    '',
    bad === 0 ? pc.green('Nothing fails.') : pc.red(`${bad} to correct.`),
  ];
  return `${lines.join('\n')}\n`;
}
