// `wanbond kernel`: what a kernel offers, and the patch that gives one MPTCP.
import { Command } from 'commander';
import { kernelCheckCommand } from './kernel/check-command.ts';
import { kernelPatchCommand } from './kernel/patch-command.ts';

export function kernelCommand(): Command {
  return new Command('kernel')
    .description('check what a kernel offers, or make the MPTCP patch for one that OpenWrt builds')
    .addCommand(kernelCheckCommand())
    .addCommand(kernelPatchCommand());
}
