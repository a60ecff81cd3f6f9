// `wanbond router`
import type { Command } from 'commander';
import { diffRouterConfigs } from '../config/diff-router.ts';
import { loadRouterConfig } from '../config/load.ts';
import { startRouter } from '../router/daemon.ts';
import { requireNetAdmin } from './privileges.ts';
import { roleCommand } from './run-role.ts';

export const routerCommand = (): Command =>
  roleCommand(
    'router',
    'carry LAN traffic over all WANs (in the foreground)',
    { load: loadRouterConfig, diff: diffRouterConfigs },
    async (config, log) => {
      requireNetAdmin('the router');
      return await startRouter(config, log);
    },
  );
