// Runs a role in the foreground until a signal ends it.
import { Command } from 'commander';
import { describe, type WanbondError } from '../base/error.ts';
import { createLog, type Log } from '../base/log.ts';
import type { LogConfig } from '../config/log.ts';
import { serveControl } from '../control/control-socket.ts';
import { resolve } from 'node:path';
import { countHangUps, countSignals, type ReloadableDaemon, runDaemon } from '../daemon/lifecycle.ts';
import { type ReloadParts, Reloader } from '../daemon/reload.ts';
import { exitNow } from '../linux/libc.ts';
import { requiredConfigOption } from './config-option.ts';

interface RoleConfig {
  readonly stateDir: string;
  readonly log: LogConfig;
  readonly relay: { readonly drainTimeoutMs: number };
}

export function roleCommand<C extends RoleConfig>(
  name: string,
  description: string,
  { load, diff }: Pick<ReloadParts<C>, 'load' | 'diff'>,
  start: (config: C, log: Log) => Promise<ReloadableDaemon<C>>,
): Command {
  return new Command(name)
    .description(description)
    .addOption(requiredConfigOption('the config file'))
    .action(async ({ config: file }: { config: string }) => {
      const { config, warnings } = load(file);
      const log = createLog(config.log);
      for (const { line, path, message, hint } of warnings) log.warn({ line, path }, `${message}; ${hint}`);
      const signals = countSignals();
      const hangUp = countHangUps();
      const daemon = await start(config, log).catch((error: WanbondError) => {
        log.fatal({ code: error.code, hint: error.hint }, `cannot start: ${error.message}`);
        // Worker threads may still sit in a system call, where a plain return would wait for them, or be loading
        // koffi, which aborts the process when process.exit ends its thread meanwhile.
        return exitNow(1);
      });
      const reloader = new Reloader({
        file: resolve(file),
        config,
        log,
        load,
        diff,
        reconfigure: (next) => daemon.reconfigure(next),
      });
      hangUp.listen(() => {
        try {
          reloader.reload();
        } catch {
          // It is in the log; nobody else waits for it.
        }
      });
      const requests = { ...daemon.requests, reload: reloader.request };
      const answers = { facts: { status: () => daemon.status() }, requests };
      const control = await serveControl(config.stateDir, answers).catch((error: unknown) => {
        // An unprivileged server may have no state directory: it works all the same.
        log.warn(`no control socket, so \`wanbond status\` will not answer: ${describe(error)}`);
        return undefined;
      });
      const exitCode = await runDaemon(daemon, {
        log,
        drainTimeoutMs: () => reloader.config.relay.drainTimeoutMs,
        signals,
      });
      await control?.close();
      process.exit(exitCode);
    });
}
